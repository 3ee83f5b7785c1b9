package ref

// Identity-1, -13, -14, -16, -19, -21: Y = X.
var _ = register("", "Identity", "any", func(c *Call) ([]*Tensor, error) { return one(c.In(0), nil) })
