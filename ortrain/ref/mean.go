package ref

// Mean-8, -13: the mean of the inputs with broadcasting.
var _ = register("", "Mean", "F...", func(c *Call) ([]*Tensor, error) {
	sum, err := c.folded(plus, plus)
	if err != nil {
		return nil, err
	}
	return one(c.mapped(sum, func(x float64) float64 { return x / float64(len(c.in)) }))
})
