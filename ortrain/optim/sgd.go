package optim

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
)

// SGD is stochastic gradient descent as torch.optim.SGD computes it, with
// optional momentum and no dampening. Its weight decay is added to the gradient,
// so a table with weight decay is never lazy.
type SGD struct {
	Momentum float64
}

func (s SGD) check() error {
	if !(s.Momentum >= 0 && s.Momentum < 1) {
		return fmt.Errorf("optim: sgd momentum %v; it must lie in [0, 1): %w", s.Momentum, ErrConfig)
	}
	return nil
}

func (s SGD) moments() int {
	if s.Momentum == 0 {
		return 0
	}
	return 1
}

func (SGD) lazy(r Rates) bool { return r.WeightDecay == 0 }
func (s SGD) sticky() bool    { return s.Momentum != 0 }

// decay of a lazy table is always neutral: lazy has refused weight decay.
func (SGD) decay(Rates, float64) (native.Mode, float32) { return native.Torch, 1 }

func (s SGD) update(k native.Kernels, u []update, n scalars) error {
	jobs := make([]native.SGDJob, len(u))
	for i, x := range u {
		step := native.SGD{LR: n.lr * x.rates.LRScale, Momentum: s.Momentum, WeightDecay: x.rates.WeightDecay, GradScale: n.gradScale}
		jobs[i] = native.SGDJob{SGD: step, W: x.w, G: x.g, M: x.moments[0], Rows: x.rows}
	}
	return k.SGD(jobs...)
}
