package ref

import (
	"fmt"
	"math"
	"slices"
)

// Mod-10, -13: with fmod = 0 the remainder of integers has the sign of the
// divisor, with fmod = 1 that of the dividend.
var _ = register("", "Mod", "N N", func(c *Call) ([]*Tensor, error) {
	a, b := c.In(0), c.In(1)
	fmod := c.Node.Int("fmod", 0) != 0
	switch {
	case slices.Contains(b.I, 0):
		return nil, fmt.Errorf("division by zero: %w", ErrInput)
	case a.F != nil && !fmod:
		return nil, fmt.Errorf("floats need fmod = 1: %w", ErrInput)
	}
	return one(c.binary(a, b, math.Mod, func(x, y int64) int64 {
		r := x % y
		if !fmod && r != 0 && (r < 0) != (y < 0) {
			r += y
		}
		return r
	}))
})
