package ref

import (
	"fmt"
	"slices"
)

// Div-7, -13, -14: C = A/B with broadcasting; integers truncate towards zero,
// and an integer divisor of zero is an error.
var _ = register("", "Div", "N N", func(c *Call) ([]*Tensor, error) {
	if slices.Contains(c.In(1).I, 0) {
		return nil, fmt.Errorf("division by zero: %w", ErrInput)
	}
	return one(c.binary(c.In(0), c.In(1), func(x, y float64) float64 { return x / y }, func(x, y int64) int64 { return x / y }))
})
