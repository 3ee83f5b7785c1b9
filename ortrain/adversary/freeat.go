package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// freeat updates the weights at every step of an ascent:
//
//	for t = 1 … K, on the same examples:
//	    g = ∇δ and update θ with ∇θ of L(x+δ, y; θ), from one pass
//	    δ ← Π(δ + α·u(g))
//
// u is sign for linf and g/‖g‖₂ for l2. A step thus updates the weights K times,
// at one learning rate; the paper divides the number of epochs by K.
//
// Source: Shafahi et al., "Adversarial Training for Free!" (NeurIPS 2019),
// Algorithm 1, where δ is carried over between batches; here it begins anew for
// each, as in FreeLB's version for text, since texts differ in length. That
// version (adv_compat reference) makes K+1 updates with losses weighted by
// 1/(K+1).
type freeat struct{}

var _ = register(freeat{})

func (freeat) Name() string { return "freeat" }

func (freeat) Doc() string {
	return "K ascent steps, the weights are updated after each of their passes"
}

func (freeat) Source() string { return "Shafahi et al. 2019, arXiv:1904.12843" }

func (freeat) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_norm adv_scope adv_where adv_init adv_compat"
}

func (freeat) Defaults() Config {
	return Config{Epsilon: 0.4, Alpha: 0.1, Steps: 3, Norm: L2, Scope: PerExample, Where: AtLookup, Init: 0.3, Compat: Paper}
}

func (freeat) replays(c Config) int {
	if c.Compat == Reference {
		return c.Steps + 1
	}
	return c.Steps
}

func (m freeat) Passes(c Config) float64 { return float64(m.replays(c)) }

func (freeat) Needs(c Config) []variant.Spec {
	return []variant.Spec{{Delta: c.Where.place(), Weights: true}}
}

func (m freeat) Accumulate(r *Run) float64 {
	if r.At.Replay == 0 {
		r.carried = r.Start()
	}
	weight := 1.0
	if r.Compat == Reference {
		weight = 1 / float64(m.replays(r.Config))
	}
	loss := weight * r.Backward(Pass{Delta: r.carried}, weight).Loss
	r.step(r.carried)
	return loss
}
