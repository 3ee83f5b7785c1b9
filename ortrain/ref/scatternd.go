package ref

import (
	"fmt"
	"slices"
)

// ScatterND-11, -13 (replacing), -16 (add, mul), -18 (max, min): X with the
// updates put in, or combined with what is there, at the slices that the last
// axis of the indices names.
var _ = register("", "ScatterND", "T int T", func(c *Call) ([]*Tensor, error) {
	x, ix, updates := c.In(0), c.In(1), c.In(2)
	want, place, err := tuples(x.Dims, ix, 0)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(want, updates.Dims) {
		return nil, fmt.Errorf("updates of %v are needed: %w", want, ErrInput)
	}
	combine, err := c.reduction()
	if err != nil {
		return nil, err
	}
	out, err := c.pick(x, x.Dims, identityPlace(x.Dims))
	if err != nil {
		return nil, err
	}
	walk(updates.Dims, func(k int, at []int64) { combine(out, place(at), updates, k) })
	return one(out, nil)
})
