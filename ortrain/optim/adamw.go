package optim

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
)

// AdamW is Adam with decoupled weight decay. native.AdamW states the formulas
// of both modes.
type AdamW struct {
	Mode             native.Mode
	Beta1, Beta2     float64
	Epsilon          float64
	NoBiasCorrection bool
}

// DefaultAdamW is torch.optim.AdamW with Hugging Face's defaults: betas 0.9 and
// 0.999, epsilon 1e-8.
func DefaultAdamW() AdamW { return AdamW{Mode: native.Torch, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

func (a AdamW) check() error {
	if a.Mode != native.Torch && a.Mode != native.HuggingFace {
		return fmt.Errorf("optim: adamw mode %d; 0 (torch) or 1 (Hugging Face) were expected: %w", a.Mode, ErrConfig)
	}
	if !(a.Beta1 >= 0 && a.Beta1 < 1 && a.Beta2 >= 0 && a.Beta2 < 1) {
		return fmt.Errorf("optim: adamw betas %v and %v; they must lie in [0, 1): %w", a.Beta1, a.Beta2, ErrConfig)
	}
	if !(a.Epsilon >= native.MinEpsilon && a.Epsilon < 1) {
		return fmt.Errorf("optim: adamw epsilon %v; it must lie in [%v, 1): %w", a.Epsilon, native.MinEpsilon, ErrConfig)
	}
	return nil
}

func (AdamW) moments() int    { return 2 }
func (AdamW) lazy(Rates) bool { return true }
func (AdamW) sticky() bool    { return true }

func (a AdamW) step(r Rates, s scalars) native.AdamW {
	return native.AdamW{
		Mode: a.Mode, LR: s.lr * r.LRScale, Beta1: a.Beta1, Beta2: a.Beta2, Epsilon: a.Epsilon,
		WeightDecay: r.WeightDecay, GradScale: s.gradScale, Step: s.step, NoBiasCorrection: a.NoBiasCorrection,
	}
}

func (a AdamW) decay(r Rates, lr float64) (native.Mode, float32) {
	return a.Mode, a.step(r, scalars{lr: lr}).Decay()
}

func (a AdamW) update(k native.Kernels, u []update, s scalars) error {
	jobs := make([]native.AdamWJob, len(u))
	for i, x := range u {
		jobs[i] = native.AdamWJob{AdamW: a.step(x.rates, s), W: x.w, G: x.g, M: x.moments[0], V: x.moments[1], Rows: x.rows}
	}
	return k.AdamW(jobs...)
}
