package adversary

import (
	"context"
	"math"
)

// Run is one micro-batch as a method sees it. The first error stays in it, and
// all later calls do nothing, so that a method reads like its paper.
type Run struct {
	Config
	// Seed and Step key what is random.
	Seed uint64
	Step int

	ctx    context.Context
	passes Passes
	count  float64
	err    error
}

// Zero returns δ = 0.
func (r *Run) Zero() *Delta { return NewDelta(r.passes.Batch(), r.passes.Hidden(), r.Config) }

// Start returns the δ that an ascent begins with: uniform in [−1, 1) times
// Init/√n for l2, n being the elements of an example, times Init for linf;
// within the radius. Init 0 gives δ = 0.
//
// Source: Zhu et al., "FreeLB" (2020), Algorithm 1.
func (r *Run) Start() *Delta {
	d := r.Zero()
	if r.Init == 0 {
		return d
	}
	d.fill(r.Seed, r.Step, uniform, func(n int) float64 {
		if r.Norm == LInf {
			return r.Init
		}
		return r.Init / math.Sqrt(float64(n))
	})
	d.Project(r.Epsilon)
	return d
}

// Backward adds weight times the gradient of the pass's mean loss to those of
// the step, and returns that loss.
func (r *Run) Backward(p Pass, weight float64) Result {
	return r.run(func() (Result, error) { return r.passes.Backward(r.ctx, p, weight*r.count) })
}

// Gradient computes the gradient for δ alone.
func (r *Run) Gradient(p Pass) Result {
	return r.run(func() (Result, error) { return r.passes.Gradient(r.ctx, p) })
}

// Forward computes no gradient.
func (r *Run) Forward(p Pass) Result {
	return r.run(func() (Result, error) { return r.passes.Forward(r.ctx, p) })
}

func (r *Run) run(pass func() (Result, error)) Result {
	if r.err != nil {
		return Result{}
	}
	out, err := pass()
	r.err = err
	return out
}
