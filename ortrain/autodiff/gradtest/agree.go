package gradtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// Agree runs the gradients of every sample of a rule, and its forward graph, on
// the checker's runner and on another one, and compares the results. Use it for
// a runtime, or for a form of the graph that should compute the same.
func (c *Checker) Agree(ctx context.Context, table autodiff.Table, r autodiff.Rule, other Runner, tolerance float64) error {
	var errs []error
	for _, s := range r.Samples {
		first, last := c.opsets(&r, &s)
		for _, v := range []variant{{first, sized}, {last, sized}, {last, symbolic}} {
			if s.Static && v.dims != sized {
				continue
			}
			if err := c.agree(ctx, table, &r, &s, v, other, tolerance); err != nil {
				errs = append(errs, fmt.Errorf("%s, sample %q, opset %d, %s: %w", title(&r), s.Name, v.opset, v.dims, err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

func (c *Checker) agree(ctx context.Context, table autodiff.Table, r *autodiff.Rule, s *autodiff.Sample, v variant, other Runner, tolerance float64) error {
	p, err := newProblem(s, v)
	if err != nil {
		return err
	}
	h := fnv.New64a()
	h.Write([]byte(title(r) + s.Name))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	feeds := p.draw(rng)
	mine, err := c.Run(ctx, p.forward, feeds)
	if err != nil {
		return err
	}
	for _, o := range p.outputs {
		dy := random(rng, mine[o].Dims, -1, 1, 0)
		dy.DType = mine[o].DType
		feeds[cotangent(o)] = dy
	}
	var results [2]map[string]*ref.Tensor
	for k, run := range [2]Runner{c.Run, other} {
		g, err := newGradient(table, s, v, p.wanted) // a runner may change its model
		if err != nil {
			return err
		}
		if results[k], err = run(ctx, g.model, feeds); err != nil {
			return err
		}
	}
	for name, want := range results[0] {
		if d := Difference(results[1][name], want); !(d <= tolerance) {
			return fmt.Errorf("%s differs by %.2g of its largest value; at most %.2g is allowed", name, d, tolerance)
		}
	}
	return nil
}

// Difference returns the largest difference of two tensors relative to the
// largest magnitude in want (or 1e-3, if that is larger); infinity if their
// sizes differ or either is missing.
func Difference(got, want *ref.Tensor) float64 {
	if got == nil || want == nil || !sameDims(got.Dims, want.Dims) {
		return math.Inf(1)
	}
	largest, diff := 1e-3, 0.0
	for i, w := range want.F {
		largest = max(largest, math.Abs(w))
		d := math.Abs(got.F[i] - w)
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		diff = max(diff, d)
	}
	return diff / largest
}
