package adversary

import (
	"context"
	"math"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Run is one micro-batch as a method sees it. The first error stays in it, and
// all later calls do nothing, so that a method reads like its paper.
type Run struct {
	Config
	// Seed and At key what is random.
	Seed uint64
	At   At

	ctx    context.Context
	passes Passes
	given  Given
	// count is the weight of the micro-batch in its step, supervised what the loss
	// of labels is multiplied by beside that; 1 where every row has a label.
	count, supervised float64
	// carried is δ between the replays of a micro-batch, for methods that update
	// weights several times.
	carried *Delta
	err     error
}

// Batch is the micro-batch.
func (r *Run) Batch() *sample.Batch { return r.passes.Batch() }

// Fail makes the run fail, unless it has already.
func (r *Run) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Zero returns δ = 0.
func (r *Run) Zero() *Delta { return NewDelta(r.passes.Batch(), r.passes.Hidden(), r.Config) }

// Start returns the δ that an ascent begins with, within the radius: Noise, or
// 0 if Init is 0.
func (r *Run) Start() *Delta {
	if r.Init == 0 {
		return r.Zero()
	}
	d := r.Noise(0)
	if r.Compat == Paper {
		d.Project(r.Epsilon)
	}
	return d
}

// Noise returns a uniform δ: in [−1, 1) times Init/√n for l2, n being the
// elements of an example (of one of the given number of tokens, if that is not
// 0), times Init for linf.
//
// Source: Zhu et al., "FreeLB" (2020), Algorithm 1.
func (r *Run) Noise(tokens int) *Delta {
	d := r.Zero()
	r.draw(d, uniform)
	d.ScaleRows(func(n int) float64 {
		if r.Norm == LInf {
			return r.Init
		}
		if tokens > 0 {
			n = tokens * d.width
		}
		return r.Init / math.Sqrt(float64(n))
	})
	return d
}

// Normal returns δ drawn from N(0, Init²).
func (r *Run) Normal() *Delta {
	d := r.Zero()
	r.draw(d, normal)
	d.Scale(r.Init)
	return d
}

func (r *Run) draw(d *Delta, from func(*random.Stream) float64) {
	if r.given.Noise != nil {
		r.given.Noise(d)
		return
	}
	d.fill(r.Seed, r.At.Step, from)
}

// Backward adds weight times the gradient of the pass's mean loss to those of
// the step, and returns that loss.
func (r *Run) Backward(p Pass, weight float64) Result {
	if p.Targets != nil || p.Twin != nil {
		p.CE *= r.supervised
		return r.run(func() (Result, error) { return r.passes.Backward(r.ctx, p, weight*r.count) })
	}
	out := r.run(func() (Result, error) { return r.passes.Backward(r.ctx, p, weight*r.count*r.supervised) })
	out.Loss *= r.supervised
	return out
}

// Gradient computes the gradient for δ alone.
func (r *Run) Gradient(p Pass) Result {
	return r.run(func() (Result, error) { return r.passes.Gradient(r.ctx, p) })
}

// Forward computes no gradient.
func (r *Run) Forward(p Pass) Result {
	return r.run(func() (Result, error) { return r.passes.Forward(r.ctx, p) })
}

// Clean is the pass without a perturbation, with δ's gradient in d. The weights
// learn from it with CleanWeight.
func (r *Run) Clean(d *Delta) Result {
	if r.CleanWeight == 0 {
		return r.Gradient(Pass{Delta: d})
	}
	return r.Backward(Pass{Delta: d}, r.CleanWeight)
}

func (r *Run) run(pass func() (Result, error)) Result {
	if r.err != nil {
		return Result{}
	}
	out, err := pass()
	r.err = err
	return out
}

// Shift moves every weight matrix along the gradient of the last Backward,
// which was made with weight; see Passes.Shift. undo is never nil.
func (r *Run) Shift(weight float64, move func(w, g []float32, wNorm, gNorm float64)) (undo func()) {
	if r.err != nil {
		return func() {}
	}
	back, err := r.passes.Shift(r.ctx, weight*r.count, move)
	if err != nil {
		r.err = err
		return func() {}
	}
	return func() {
		if err := back(); err != nil {
			r.Fail(err)
		}
	}
}

// Discard takes back what the last Backward added.
func (r *Run) Discard() {
	if r.err == nil {
		r.passes.Discard()
	}
}

// Teacher is the clean prediction of the weights' moving average.
func (r *Run) Teacher() Result {
	return r.run(func() (Result, error) { return r.passes.Teacher(r.ctx) })
}
