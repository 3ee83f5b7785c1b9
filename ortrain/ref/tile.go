package ref

import (
	"fmt"
	"math"
)

// Tile-6, -13: X repeated along every axis.
var _ = register("", "Tile", "any int", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	repeats, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	if len(repeats) != len(x.Dims) {
		return nil, fmt.Errorf("repeats %v: %w", repeats, ErrInput)
	}
	dims := make([]int64, len(repeats))
	for i, n := range repeats {
		if n < 0 || n > math.MaxInt32 || x.Dims[i] > math.MaxInt32 {
			return nil, fmt.Errorf("repeats %v: %w", repeats, ErrInput)
		}
		dims[i] = n * x.Dims[i]
	}
	own := strides(x.Dims)
	inside := make([]int64, len(dims))
	return one(c.pick(x, dims, func(at []int64) int {
		for i, a := range at {
			inside[i] = a % x.Dims[i]
		}
		return offset(inside, own)
	}))
})
