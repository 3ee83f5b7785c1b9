package adversary

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/variant"
)

// awp trains at weights moved to where the loss is larger:
//
//	g = ∇w L(x, y; θ)
//	v = γ·‖w‖·g/‖g‖, for every weight matrix w
//	min θ  a·L(x, y; θ) + b·L(x, y; θ+v), the step being made from θ
//
// γ is adv_epsilon: no matrix moves by more than γ times its norm.
//
// Source: Wu, Xia and Wang, "Adversarial Weight Perturbation Helps Robust
// Generalization" (NeurIPS 2020), section 4, equations 8 to 10, with a = 0, b = 1
// (adv_clean_weight and adv_weight); the paper starts from adversarial inputs,
// which for plain inputs is left out here, as the ports to text do. Those ports
// (adv_compat clamped) make a step of adv_alpha instead, and keep every element
// within ±ε·|w|.
type awp struct{}

var _ = register(awp{})

func (awp) Name() string { return "awp" }

func (awp) Doc() string { return "pass at weights moved along their gradient" }

func (awp) Source() string { return "Wu et al. 2020, arXiv:2004.05884" }

func (awp) Options() string { return "adv_epsilon adv_alpha adv_weight adv_clean_weight adv_compat" }

func (awp) Defaults() Config { return Config{Epsilon: 0.005, Alpha: 0.1, Weight: 1, Compat: Paper} }

func (awp) versions() []string { return []string{string(Paper), string(Clamped)} }

func (awp) Passes(Config) float64 { return 2 }

func (awp) Needs(Config) []variant.Spec { return nil }

func (m awp) Accumulate(r *Run) float64 {
	probe := r.CleanWeight
	if probe == 0 {
		probe = 1
	}
	clean := r.Backward(Pass{Alone: true}, probe)
	undo := r.Shift(probe, m.move(r.Config))
	if r.CleanWeight == 0 {
		r.Discard()
	}
	moved := r.Backward(Pass{}, r.Weight)
	undo()
	return r.CleanWeight*clean.Loss + r.Weight*moved.Loss
}

// move turns the gradient of a matrix into its shift.
func (awp) move(c Config) func(w, g []float32, wNorm, gNorm float64) {
	if c.Compat == Paper {
		return func(_, g []float32, wNorm, gNorm float64) {
			f := c.Epsilon * wNorm / (gNorm + 1e-20)
			for i := range g {
				g[i] = float32(f * float64(g[i]))
			}
		}
	}
	const epsilon = 1e-6
	return func(w, g []float32, wNorm, gNorm float64) {
		f := c.Alpha * (wNorm + epsilon) / (gNorm + epsilon)
		for i := range g {
			bound := c.Epsilon * math.Abs(float64(w[i]))
			g[i] = float32(min(max(f*float64(g[i]), -bound), bound))
		}
	}
}
