package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// smart makes predictions smooth around every example:
//
//	ℓ(p, q) = KL(p‖q) + KL(q‖p)
//	δ ~ N(0, σ²)
//	δ ← Π(δ + η·g/‖g‖∞), g = ∇δ ℓ(f(x+δ), f(x))     K times
//	min θ  L(x, y; θ) + λ·ℓ(f(x+δ), f(x)) + μ·ℓ(f(x), f̃(x))
//
// σ is adv_init, η adv_alpha, λ adv_weight. Both sides of the smoothness term
// have a gradient: the pass at x+δ takes f(x) as given, and then the pass at x
// the f(x+δ) of that pass, which together is the gradient of ℓ. f̃ is the network
// with the weights' moving average (adv_bregman μ, adv_bregman_beta β); with μ 0
// there is none. Rows without labels teach too: divergences are means over all
// rows, L over those that have a label.
//
// Source: Jiang et al., "SMART: Robust and Efficient Fine-Tuning for Pre-trained
// Natural Language Models through Principled Regularized Optimization" (ACL
// 2020), Algorithm 1 and equations 2 to 6. The authors' code (adv_compat
// reference) ascends KL(f(x+δ)‖f(x)), divides noise and step together by their
// largest element per token, and never projects: its δ has the norm 1 per token,
// whatever ε.
type smart struct{}

var _ = register(smart{})

func (smart) Name() string { return "smart" }

func (smart) Doc() string {
	return "symmetric smoothness around examples, optionally near a moving average; learns from rows without labels"
}

func (smart) Source() string { return "Jiang et al. 2020, arXiv:1911.03437" }

func (smart) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_norm adv_scope adv_where adv_init adv_weight adv_bregman adv_bregman_beta adv_compat"
}

func (smart) Defaults() Config {
	return Config{
		Epsilon: 1e-5, Alpha: 1e-3, Steps: 1, Norm: LInf, Scope: PerExample, Where: AtLookup, Init: 1e-5, Weight: 1,
		BregmanBeta: 0.99, Compat: Paper,
	}
}

func (smart) unlabelled() {}

func (smart) Passes(c Config) float64 {
	cost := 2 + 1 - ascentCost + ascentCost*float64(c.Steps)
	if c.Bregman > 0 {
		cost += 1 - ascentCost
	}
	return cost
}

func (smart) Needs(c Config) []variant.Spec {
	return smoothNeeds(c, variant.Spec{Forward: true, Logits: true}, variant.Spec{Targets: true, Weights: true})
}

func (m smart) Accumulate(r *Run) float64 {
	given := r.Forward(Pass{Logits: true})
	d := r.Normal()
	for range r.Steps {
		m.ascend(r, d, given.LogProbs)
	}
	moved := r.Backward(Pass{Delta: d, Targets: []Target{{given.LogProbs, r.Weight, r.Weight}}}, 1)
	clean := Pass{CE: 1, Targets: []Target{{moved.LogProbs, r.Weight, r.Weight}}}
	if r.Bregman > 0 {
		clean.Targets = append(clean.Targets, Target{r.Teacher().LogProbs, r.Bregman, r.Bregman})
	}
	return r.Backward(clean, 1).Loss
}

// ascend is one step of the inner maximisation.
func (smart) ascend(r *Run, d *Delta, given []float32) {
	if r.Compat == Paper {
		r.Gradient(Pass{Delta: d, Targets: []Target{{given, 1, 1}}})
		d.Ascend(r.Alpha, 0)
		d.Project(r.Epsilon)
		return
	}
	const epsilon = 1e-6
	r.Gradient(Pass{Delta: d, Targets: []Target{{LogProbs: given, Reverse: 1}}})
	for lo := 0; lo < len(d.Value); lo += d.width {
		token, top := d.Value[lo:lo+d.width], float32(0)
		for i := range token {
			token[i] += float32(r.Alpha * float64(d.Grad[lo+i]))
			top = max(top, token[i], -token[i])
		}
		for i := range token {
			token[i] /= top + epsilon
		}
	}
}
