package ref

// Expand-8, -13: X broadcast with the given shape, both ways.
var _ = register("", "Expand", "any int", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	shape, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	dims, err := broadcast(x.Dims, shape)
	if err != nil {
		return nil, err
	}
	from := stretched(x.Dims)
	return one(c.pick(x, dims, func(at []int64) int { return offset(at, from) }))
})
