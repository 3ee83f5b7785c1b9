package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// vat makes predictions smooth in the direction in which they change most:
//
//	p = p(·|x; θ), without a gradient
//	d ~ N(0, 1), normalised
//	d ← u(∇d KL(p‖p(·|x+ξd; θ)))           K times
//	min θ  L(x, y; θ) + λ·KL(p‖p(·|x+εd; θ))
//
// u is g/‖g‖₂. The divergence needs no label: it is the mean over all rows, L the
// mean over those that have one.
//
// Source: Miyato et al., "Virtual Adversarial Training" (TPAMI 2018), section
// 3.3, Algorithm 1; Miyato, Dai and Goodfellow (ICLR 2017), equations 4 to 6, for
// text. ξ has to be large enough for float32: the divergence grows with ξ².
type vat struct{}

var _ = register(vat{})

func (vat) Name() string { return "vat" }

func (vat) Doc() string {
	return "predictions that stay where they change most; learns from rows without labels"
}

func (vat) Source() string { return "Miyato et al. 2018, arXiv:1704.03976" }

func (vat) Options() string {
	return "adv_epsilon adv_xi adv_steps adv_scope adv_where adv_norm adv_weight"
}

func (vat) Defaults() Config {
	return Config{Epsilon: 1, Xi: 0.1, Steps: 1, Norm: L2, Scope: PerExample, Where: AtLookup, Weight: 1}
}

func (vat) check(c Config, f *faults) {
	f.check(c.Norm == L2, "adv_norm is %q; the power iteration of vat is one in l2", c.Norm)
}

func (vat) unlabelled() {}

func (vat) Passes(c Config) float64 { return 2 + ascentCost*float64(c.Steps) }

func (vat) Needs(c Config) []variant.Spec {
	return smoothNeeds(c, variant.Spec{Weights: true, Logits: true})
}

func (vat) Accumulate(r *Run) float64 {
	clean := r.Backward(Pass{Logits: true}, 1)
	d := r.Zero()
	r.draw(d, normal)
	d.Unit(d.Value)
	for range r.Steps {
		d.Scale(r.Xi)
		r.Gradient(Pass{Delta: d, Targets: []Target{{LogProbs: clean.LogProbs, Forward: 1}}})
		d.Unit(d.Grad)
	}
	d.Scale(r.Epsilon)
	d.Project(r.Epsilon) // rounding only
	moved := r.Backward(Pass{Delta: d, Targets: []Target{{LogProbs: clean.LogProbs, Forward: r.Weight}}}, 1)
	return clean.Loss + moved.Loss
}

// smoothNeeds lists the graphs of methods that compare predictions, beside that
// of the clean pass.
func smoothNeeds(c Config, clean ...variant.Spec) []variant.Spec {
	at := c.Where.place()
	return append(clean, variant.Spec{Delta: at, Targets: true, Weights: true}, variant.Spec{Delta: at, Targets: true})
}
