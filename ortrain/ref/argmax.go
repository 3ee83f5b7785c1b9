package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// ArgMax-1, -11, -12, -13: the index of the largest element along axis, the
// first of equals unless select_last_index is set.
var _ = register("", "ArgMax", "number", argOf(func(x, best float64) bool { return x > best }))

// argOf returns the operator that finds the index of the element that is better
// than the others.
func argOf(better func(x, best float64) bool) Func {
	return func(c *Call) ([]*Tensor, error) {
		x := c.In(0)
		axis, err := normal(c.Node.Int("axis", 0), len(x.Dims))
		if err != nil {
			return nil, err
		}
		if x.Dims[axis] == 0 {
			return nil, fmt.Errorf("axis %d is empty: %w", axis, ErrInput)
		}
		dims := slices.Clone(x.Dims)
		dims[axis] = 1
		out, err := c.New(onnx.Int64, dims)
		if err != nil {
			return nil, err
		}
		last, k := c.Node.Int("select_last_index", 0) != 0, 0
		lines(x.Dims, axis, func(places []int) {
			best := 0
			for i, p := range places {
				if v, b := x.at(p), x.at(places[best]); better(v, b) || last && v == b {
					best = i
				}
			}
			out.I[k] = int64(best)
			k++
		})
		if c.Node.Int("keepdims", 1) != 0 {
			return one(out, nil)
		}
		return one(c.view(out, without(dims, []int{axis})))
	}
}
