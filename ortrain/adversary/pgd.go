package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// pgd trains on the input that K projected ascent steps find:
//
//	δ₀ random or 0
//	δ ← Π(δ + α·u(∇δ L(x+δ, y; θ)))        K times, at fixed θ
//	min θ  a·L(x, y; θ) + b·L(x+δ, y; θ)
//
// u is sign for linf and g/‖g‖₂ for l2, Π the projection to the ball of radius
// ε. All passes have the same dropout masks.
//
// Source: Madry et al., "Towards Deep Learning Models Resistant to Adversarial
// Attacks" (ICLR 2018), sections 2.1 and 4, with a = 0, b = 1 (adv_clean_weight
// and adv_weight). The recipe that is common for BERT has K 3, α 0.3, ε 1, on the
// table of words with a = b = 1.
type pgd struct{}

var _ = register(pgd{})

func (pgd) Name() string { return "pgd" }

func (pgd) Doc() string { return "pass at what K projected ascent steps find" }

func (pgd) Source() string { return "Madry et al. 2018, arXiv:1706.06083" }

func (pgd) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_norm adv_scope adv_where adv_init adv_weight adv_clean_weight"
}

func (pgd) Defaults() Config {
	return Config{Epsilon: 1, Alpha: 0.3, Steps: 3, Norm: L2, Scope: PerExample, Where: AtLookup, Weight: 1}
}

func (pgd) Passes(c Config) float64 {
	cost := 1 + ascentCost*float64(c.Steps)
	if c.CleanWeight > 0 {
		cost++
	}
	return cost
}

func (pgd) Needs(c Config) []variant.Spec {
	return []variant.Spec{{Delta: c.Where.place(), Weights: true}, {Delta: c.Where.place()}}
}

func (pgd) Accumulate(r *Run) float64 {
	loss := 0.0
	if r.CleanWeight > 0 {
		loss = r.CleanWeight * r.Backward(Pass{}, r.CleanWeight).Loss
	}
	d := r.Start()
	d.Project(r.Epsilon)
	for range r.Steps {
		r.Gradient(Pass{Delta: d})
		d.Steepest(r.Alpha)
		d.Project(r.Epsilon)
	}
	return loss + r.Weight*r.Backward(Pass{Delta: d}, r.Weight).Loss
}
