package ref

import "math"

// Elu-6: X where it is at least 0, alpha·(e^X − 1) elsewhere.
var _ = register("", "Elu", "F", func(c *Call) ([]*Tensor, error) {
	alpha := float64(c.Node.Float("alpha", 1))
	return one(c.mapped(c.In(0), func(x float64) float64 {
		if x < 0 {
			return alpha * math.Expm1(x)
		}
		return x
	}))
})
