package ref

// LeakyRelu-6, -16: X where it is at least 0, alpha·X elsewhere.
var _ = register("", "LeakyRelu", "F", func(c *Call) ([]*Tensor, error) {
	alpha := float64(c.Node.Float("alpha", 0.01))
	return one(c.mapped(c.In(0), func(x float64) float64 {
		if x < 0 {
			return alpha * x
		}
		return x
	}))
})
