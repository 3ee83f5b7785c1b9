package ref

// Sum-8, -13: the sum of the inputs with broadcasting.
var _ = register("", "Sum", "F...", func(c *Call) ([]*Tensor, error) { return one(c.folded(plus, plus)) })
