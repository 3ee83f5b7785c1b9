package ref

// Min-8, -12, -13: the smallest of the inputs with broadcasting; NaN wins.
var _ = register("", "Min", "N...", func(c *Call) ([]*Tensor, error) {
	return one(c.folded(smaller, func(x, y int64) int64 { return min(x, y) }))
})

func smaller(x, y float64) float64 { return min(x, y) }
