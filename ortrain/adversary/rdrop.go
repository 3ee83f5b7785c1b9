package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// rdrop makes two passes with different dropout masks agree:
//
//	min θ  ½(L₁ + L₂) + α/2·(KL(p₁‖p₂) + KL(p₂‖p₁))
//
// p₁ and p₂ are the predictions of the two passes, L₁ and L₂ their losses, all
// means over the examples; α is adv_weight. Both passes are one run of twice the
// rows.
//
// Source: Liang et al., "R-Drop: Regularized Dropout for Neural Networks"
// (NeurIPS 2021), equation 4, in the weighting of its README. Released codes
// differ: those for Hugging Face sum the divergence over a batch of B, so that
// their α corresponds to α·B here, and add L₁ + L₂.
type rdrop struct{}

var _ = register(rdrop{})

func (rdrop) Name() string { return "rdrop" }

func (rdrop) Doc() string { return "two passes with different dropout that have to agree" }

func (rdrop) Source() string { return "Liang et al. 2021, arXiv:2106.14448" }

func (rdrop) Options() string { return "adv_weight" }

func (rdrop) Defaults() Config { return Config{Weight: 4} }

func (rdrop) check(c Config, f *faults) {
	f.check(c.Weight > 0, "adv_weight is %g; a positive number is needed", c.Weight)
}

func (rdrop) Passes(Config) float64 { return 2 }

func (rdrop) Needs(Config) []variant.Spec { return []variant.Spec{{Twin: true, Weights: true}} }

func (rdrop) Accumulate(r *Run) float64 {
	return r.Backward(Pass{CE: 1, Twin: &r.Weight}, 1).Loss
}
