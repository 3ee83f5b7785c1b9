package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// fgm trains on the clean input and on the one a step along the gradient away:
//
//	g = ∇x L(x, y; θ)
//	δ = ε·g/‖g‖
//	min θ  L(x, y; θ) + L(x+δ, y; θ)
//
// Source: Miyato, Dai and Goodfellow, "Adversarial Training Methods for
// Semi-Supervised Text Classification" (ICLR 2017), section 3, equations 4 and
// 5. The paper perturbs normalised embeddings, the norm being that of a
// sequence. The recipe that is common for BERT perturbs the table of words with
// one norm over its whole gradient: adv_where matrix, adv_scope global, ε 1.
type fgm struct{}

var _ = register(fgm{})

func (fgm) Name() string { return "fgm" }

func (fgm) Doc() string { return "clean pass and one a step along the normalised gradient away" }

func (fgm) Source() string { return "Miyato et al. 2017, arXiv:1605.07725" }

func (fgm) Defaults() Config {
	return Config{Epsilon: 1, Norm: L2, Scope: PerExample, Where: AtLookup}
}

func (fgm) Passes(Config) float64 { return 2 }

func (fgm) Needs(c Config) []variant.Spec {
	return []variant.Spec{{Delta: c.Where.place(), Weights: true}}
}

func (fgm) Accumulate(r *Run) float64 {
	d := r.Zero()
	clean := r.Backward(Pass{Delta: d}, 1)
	d.Ascend(r.Epsilon, 0)
	d.Project(r.Epsilon) // rounding only
	adversarial := r.Backward(Pass{Delta: d}, 1)
	return clean.Loss + adversarial.Loss
}
