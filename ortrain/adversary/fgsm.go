package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// fgsm trains on the clean input and on the one a signed step away:
//
//	g = ∇x L(x, y; θ)
//	δ = ε·sign(g)
//	min θ  a·L(x, y; θ) + b·L(x+δ, y; θ)
//
// Source: Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial
// Examples" (ICLR 2015), sections 4 and 6, with a = b = ½ (adv_clean_weight and
// adv_weight). Codes that accumulate both gradients have a = b = 1.
type fgsm struct{}

var _ = register(fgsm{})

func (fgsm) Name() string { return "fgsm" }

func (fgsm) Doc() string { return "clean pass and one a signed step along the gradient away" }

func (fgsm) Source() string { return "Goodfellow et al. 2015, arXiv:1412.6572" }

func (fgsm) Options() string {
	return "adv_epsilon adv_where adv_scope adv_norm adv_weight adv_clean_weight"
}

func (fgsm) Defaults() Config {
	return Config{Epsilon: 0.01, Norm: LInf, Scope: PerExample, Where: AtLookup, Weight: 0.5, CleanWeight: 0.5}
}

func (fgsm) check(c Config, f *faults) {
	f.check(c.Norm == LInf, "adv_norm is %q; the signed step belongs to linf, that of l2 is fgm", c.Norm)
}

func (fgsm) Passes(c Config) float64 { return oneShot(c) }

func (fgsm) Needs(c Config) []variant.Spec { return onceUp(c) }

func (fgsm) Accumulate(r *Run) float64 {
	d := r.Zero()
	clean := r.Clean(d)
	d.AscendSign(r.Epsilon)
	d.Project(r.Epsilon) // rounding only
	adversarial := r.Backward(Pass{Delta: d}, r.Weight)
	return r.CleanWeight*clean.Loss + r.Weight*adversarial.Loss
}

// oneShot is the cost of a clean and an adversarial pass.
func oneShot(c Config) float64 {
	if c.CleanWeight == 0 {
		return 1 + ascentCost
	}
	return 2
}

// ascentCost is that of a pass without weight gradients.
const ascentCost = 0.7

// onceUp lists the graphs of a clean and an adversarial pass.
func onceUp(c Config) []variant.Spec {
	specs := []variant.Spec{{Delta: c.Where.place(), Weights: true}}
	if c.CleanWeight == 0 {
		specs = append(specs, variant.Spec{Delta: c.Where.place()})
	}
	return specs
}
