package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// freelb lets the weights learn from every step of an ascent:
//
//	δ₀ ~ U(−1, 1)·m/√n
//	for t = 1 … K:
//	    accumulate ∇θ L(x+δ, y; θ)/K, and g = ∇δ L(x+δ, y; θ) from the same pass
//	    δ ← Π(δ + α·g/‖g‖)
//	update θ once
//
// m is adv_init, n the elements of the example. The dropout masks of all K
// passes are the same. For linf the step is α·sign(g).
//
// Source: Zhu et al., "FreeLB: Enhanced Adversarial Training for Natural
// Language Understanding" (ICLR 2020), Algorithm 1. The authors' code
// (adv_compat reference) does not project δ₀, treats norms below 1e-8 as 1e-8,
// and for linf divides by ‖g‖∞ instead of taking signs; max-norm 0 there is
// adv_epsilon .inf here. Its fairseq version (adv_compat fairseq) makes K+1
// passes, each weighted 1/(K+1).
type freelb struct{}

var _ = register(freelb{})

func (freelb) Name() string { return "freelb" }

func (freelb) Doc() string { return "K ascent steps, the weights learn from each of their passes" }

func (freelb) Source() string { return "Zhu et al. 2020, arXiv:1909.11764" }

func (freelb) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_norm adv_scope adv_where adv_init adv_compat"
}

func (freelb) Defaults() Config {
	return Config{Epsilon: 0.4, Alpha: 0.1, Steps: 3, Norm: L2, Scope: PerExample, Where: AtLookup, Init: 0.3, Compat: Paper}
}

func (freelb) versions() []string { return []string{string(Paper), string(Reference), string(Fairseq)} }

func (freelb) passes(c Config) int {
	if c.Compat == Fairseq {
		return c.Steps + 1
	}
	return c.Steps
}

func (m freelb) Passes(c Config) float64 { return float64(m.passes(c)) }

func (freelb) Needs(c Config) []variant.Spec {
	return []variant.Spec{{Delta: c.Where.place(), Weights: true}}
}

func (m freelb) Accumulate(r *Run) float64 {
	passes := m.passes(r.Config)
	share := 1 / float64(passes)
	d, loss := r.Start(), 0.0
	for t := range passes {
		loss += share * r.Backward(Pass{Delta: d}, share).Loss
		if t < passes-1 {
			r.step(d)
		}
	}
	return loss
}

// step is one ascent step of FreeLB and its kin.
func (r *Run) step(d *Delta) {
	const floor = 1e-8
	if r.Compat == Paper {
		d.Steepest(r.Alpha)
	} else {
		d.Ascend(r.Alpha, floor)
	}
	d.Project(r.Epsilon)
}
