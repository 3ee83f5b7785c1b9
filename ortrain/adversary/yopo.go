package adversary

import "github.com/ortrain/ortrain/ortrain/variant"

// yopo ascends through the first layer only:
//
//	for j = 1 … m:
//	    p = ∇h L(x+δ, y; θ), h what the first layer puts out     one full pass
//	    n times:  δ ← Π(δ + α·u(∇δ ⟨p, f₀(x+δ)⟩))                first layer only
//	    accumulate ∇θ L(x+δ, y; θ)/m                             the next full pass
//
// f₀ is embeddings and first layer, u sign for linf and g/‖g‖₂ for l2; adv_steps
// is m, adv_inner_steps n. The weights do not learn from the first full pass.
//
// Source: Zhang et al., "You Only Propagate Once" (NeurIPS 2019), Algorithm 1.
// FreeLB's version for text (adv_compat reference) lets the weights learn from
// all m+1 full passes, each weighted 1/(m+1).
type yopo struct{}

var _ = register(yopo{})

func (yopo) Name() string { return "yopo" }

func (yopo) Doc() string {
	return "m full passes with n ascent steps through the first layer between them"
}

func (yopo) Source() string { return "Zhang et al. 2019, arXiv:1905.00877" }

func (yopo) Options() string {
	return "adv_epsilon adv_alpha adv_steps adv_inner_steps adv_norm adv_scope adv_where adv_init adv_compat"
}

func (yopo) Defaults() Config {
	return Config{
		Epsilon: 0.4, Alpha: 0.1, Steps: 3, InnerSteps: 2, Norm: L2, Scope: PerExample, Where: AtLookup, Init: 0.3, Compat: Paper,
	}
}

// innerCost is a rough share of a full pass.
const innerCost = 0.15

func (yopo) Passes(c Config) float64 {
	first := ascentCost
	if c.Compat == Reference {
		first = 1
	}
	return first + float64(c.Steps)*(1+innerCost*float64(c.InnerSteps))
}

func (yopo) Needs(c Config) []variant.Spec {
	at := c.Where.place()
	specs := []variant.Spec{{Delta: at, Weights: true, Cut: variant.Upper}, {Delta: at, Cut: variant.Lower}}
	if c.Compat == Paper {
		specs = append(specs, variant.Spec{Delta: at, Cut: variant.Upper})
	}
	return specs
}

func (yopo) Accumulate(r *Run) float64 {
	d, loss := r.Start(), 0.0
	full, share := Pass{Delta: d, Cut: variant.Upper}, 1/float64(r.Steps)
	var p Result
	if r.Compat == Reference {
		share = 1 / float64(r.Steps+1)
		p = r.Backward(full, share)
		loss = share * p.Loss
	} else {
		p = r.Gradient(full)
	}
	for range r.Steps {
		for range r.InnerSteps {
			r.Gradient(Pass{Delta: d, Cut: variant.Lower, Costate: p.Costate})
			d.Steepest(r.Alpha)
			d.Project(r.Epsilon)
		}
		p = r.Backward(full, share)
		loss += share * p.Loss
	}
	return loss
}
