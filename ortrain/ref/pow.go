package ref

import "math"

// Pow-7, -12, -13, -15: Z = X^Y with broadcasting, in the type of X.
var _ = register("", "Pow", "number number", func(c *Call) ([]*Tensor, error) {
	x, y := c.In(0), c.In(1)
	return one(c.pairs(x.DType, x, y, func(out *Tensor, k, i, j int) {
		z := math.Pow(x.at(i), y.at(j))
		if out.F != nil {
			out.F[k] = z
		} else {
			out.I[k] = toInt(x.DType, z)
		}
	}))
})
