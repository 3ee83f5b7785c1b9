package ref

import "math"

// IsInf-10, -20: whether X is infinite, of the signs that detect_positive and
// detect_negative ask for.
var _ = register("", "IsInf", "float", func(c *Call) ([]*Tensor, error) {
	positive, negative := c.Node.Int("detect_positive", 1) != 0, c.Node.Int("detect_negative", 1) != 0
	return one(c.test(func(x float64) bool {
		return positive && math.IsInf(x, 1) || negative && math.IsInf(x, -1)
	}))
})
