package ref

import (
	"fmt"
	"slices"
)

// reducer is what a reduction does with the elements that fall together.
type reducer struct {
	float   func(x []float64) float64
	integer func(x []int64) int64
}

// groups collects the elements of x that differ only in the given axes, in
// row-major order of what remains.
func groups[T int64 | float64](x []T, dims, kept []int64, axes []int) [][]T {
	out := make([][]T, product(kept))
	to := stretched(kept)
	for _, a := range axes {
		to[a] = 0
	}
	walk(dims, func(k int, at []int64) {
		j := offset(at, to)
		out[j] = append(out[j], x[k])
	})
	return out
}

// reduce applies r to the groups of elements along axes, which stay with size 1.
func (c *Call) reduce(x *Tensor, axes []int, r reducer) (*Tensor, error) {
	dims := slices.Clone(x.Dims)
	for _, a := range axes {
		dims[a] = 1
	}
	out, err := c.New(x.DType, dims)
	if err != nil {
		return nil, err
	}
	if err := c.spend(int64(x.Len())); err != nil {
		return nil, err
	}
	if x.F != nil {
		for k, g := range groups(x.F, x.Dims, dims, axes) {
			out.F[k] = r.float(g)
		}
		return out, nil
	}
	if r.integer == nil {
		return nil, fmt.Errorf("%s of integers: %w", c.Node.Op, ErrInput)
	}
	for k, g := range groups(x.I, x.Dims, dims, axes) {
		out.I[k] = wrap(x.DType, r.integer(g))
	}
	return out, nil
}

// reduction returns the operator that reduces along the axes of an attribute
// (before the opset that made them an input) or of input 1; without axes all of
// them, or none with noop_with_empty_axes.
func reduction(r reducer) Func {
	return func(c *Call) ([]*Tensor, error) {
		x := c.In(0)
		given, err := c.axes(1)
		if err != nil {
			return nil, err
		}
		axes, err := normals(given, len(x.Dims))
		if err != nil {
			return nil, err
		}
		if len(axes) == 0 {
			if c.Node.Int("noop_with_empty_axes", 0) != 0 {
				return one(x, nil)
			}
			axes = allAxes(len(x.Dims))
		}
		out, err := c.reduce(x, axes, r)
		if err != nil || c.Node.Int("keepdims", 1) != 0 {
			return one(out, err)
		}
		return one(c.view(out, without(out.Dims, axes)))
	}
}

func allAxes(rank int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// without returns dims but for the given axes.
func without(dims []int64, axes []int) []int64 {
	out := []int64{}
	for i, d := range dims {
		if !slices.Contains(axes, i) {
			out = append(out, d)
		}
	}
	return out
}

func total[T int64 | float64](x []T) T {
	var s T
	for _, v := range x {
		s += v
	}
	return s
}

func average(x []float64) float64 { return total(x) / float64(len(x)) }
