package ref

import (
	"fmt"
	"slices"
)

// Concat-4, -11, -13: the inputs joined along axis.
var _ = register("", "Concat", "T...", func(c *Call) ([]*Tensor, error) { return one(c.concat()) })

func (c *Call) concat() (*Tensor, error) {
	first := c.In(0)
	axis, err := normal(c.Node.Int("axis", 0), len(first.Dims))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(first.Dims)
	dims[axis] = 0
	for _, t := range c.in {
		if len(t.Dims) != len(dims) {
			return nil, fmt.Errorf("%s beside %s: %w", t, first, ErrInput)
		}
		for i, d := range t.Dims {
			if i != axis && d != dims[i] {
				return nil, fmt.Errorf("%s beside %s: %w", t, first, ErrInput)
			}
		}
		dims[axis] += t.Dims[axis]
	}
	out, err := c.New(first.DType, dims)
	if err != nil {
		return nil, err
	}
	to, start := strides(dims), 0
	for _, t := range c.in {
		walk(t.Dims, func(k int, at []int64) { out.set(start+offset(at, to), t, k) })
		start += int(t.Dims[axis] * to[axis])
	}
	return out, nil
}
