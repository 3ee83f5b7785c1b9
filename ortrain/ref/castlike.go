package ref

// CastLike-15, -19, -21: X in the element type of another tensor.
var _ = register("", "CastLike", "any any", func(c *Call) ([]*Tensor, error) {
	return one(c.cast(c.In(0), c.In(1).DType))
})
