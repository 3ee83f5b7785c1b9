package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// alum is virtual adversarial training with projected steps from small noise:
//
//	p = p(·|x; θ), without a gradient
//	δ ~ N(0, σ²)
//	δ ← Π(δ + η·∇δ KL(p‖p(·|x+δ; θ))/‖·‖)   K times
//	min θ  L(x, y; θ) + α·KL(p‖p(·|x+δ; θ))
//
// σ is adv_init, η adv_alpha, α adv_weight (10 for pre-training, 1 for
// fine-tuning). Rows without labels teach too, as in vat.
//
// Source: Liu et al., "Adversarial Training for Large Neural Language Models"
// (2020), Algorithm 1.
type alum struct{}

var _ = register(alum{})

func (alum) Name() string { return "alum" }

func (alum) Doc() string { return "as vat, with projected steps from small noise" }

func (alum) Source() string { return "Liu et al. 2020, arXiv:2004.08994" }

func (alum) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_norm adv_scope adv_where adv_init adv_weight"
}

func (alum) Defaults() Config {
	return Config{Epsilon: 1e-3, Alpha: 1e-3, Steps: 1, Norm: LInf, Scope: PerExample, Where: AtLookup, Init: 1e-5, Weight: 1}
}

func (alum) unlabelled() {}

func (alum) Passes(c Config) float64 { return 2 + ascentCost*float64(c.Steps) }

func (alum) Needs(c Config) []variant.Spec {
	return smoothNeeds(c, variant.Spec{Weights: true, Logits: true})
}

func (alum) Accumulate(r *Run) float64 {
	clean := r.Backward(Pass{Logits: true}, 1)
	d := r.Normal()
	for range r.Steps {
		r.Gradient(Pass{Delta: d, Targets: []Target{{LogProbs: clean.LogProbs, Forward: 1}}})
		d.Ascend(r.Alpha, 0)
		d.Project(r.Epsilon)
	}
	moved := r.Backward(Pass{Delta: d, Targets: []Target{{LogProbs: clean.LogProbs, Forward: r.Weight}}}, 1)
	return clean.Loss + moved.Loss
}
