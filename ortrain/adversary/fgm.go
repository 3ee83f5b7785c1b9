package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// fgm trains on the clean input and on the one a step along the gradient away:
//
//	g = ∇x L(x, y; θ)
//	δ = ε·g/‖g‖
//	min θ  a·L(x, y; θ) + b·L(x+δ, y; θ)
//
// Source: Miyato, Dai and Goodfellow, "Adversarial Training Methods for
// Semi-Supervised Text Classification" (ICLR 2017), section 3, equations 2 and
// 3, with a = b = 1 (adv_clean_weight and adv_weight). The paper perturbs
// normalised embeddings, the norm being that of a sequence. The recipe that is
// common for BERT perturbs the table of words with one norm over its whole
// gradient: adv_where matrix, adv_scope global, ε 1.
type fgm struct{}

var _ = register(fgm{})

func (fgm) Name() string { return "fgm" }

func (fgm) Doc() string { return "clean pass and one a step along the normalised gradient away" }

func (fgm) Source() string { return "Miyato et al. 2017, arXiv:1605.07725" }

func (fgm) Options() string {
	return "adv_epsilon adv_norm adv_scope adv_where adv_weight adv_clean_weight"
}

func (fgm) Defaults() Config {
	return Config{Epsilon: 1, Norm: L2, Scope: PerExample, Where: AtLookup, Weight: 1, CleanWeight: 1}
}

func (fgm) Passes(c Config) float64 { return oneShot(c) }

func (fgm) Needs(c Config) []variant.Spec { return onceUp(c) }

func (fgm) Accumulate(r *Run) float64 {
	d := r.Zero()
	clean := r.Clean(d)
	d.Ascend(r.Epsilon, 0)
	d.Project(r.Epsilon) // rounding only
	adversarial := r.Backward(Pass{Delta: d}, r.Weight)
	return r.CleanWeight*clean.Loss + r.Weight*adversarial.Loss
}
