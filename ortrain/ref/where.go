package ref

// Where-9, -16: X where the condition holds, Y elsewhere, with broadcasting.
var _ = register("", "Where", "bool T T", func(c *Call) ([]*Tensor, error) {
	cond, x, y := c.In(0), c.In(1), c.In(2)
	dims, err := broadcast(cond.Dims, x.Dims, y.Dims)
	if err != nil {
		return nil, err
	}
	out, err := c.New(x.DType, dims)
	if err != nil {
		return nil, err
	}
	cs, xs, ys := stretched(cond.Dims), stretched(x.Dims), stretched(y.Dims)
	walk(dims, func(k int, at []int64) {
		if cond.I[offset(at, cs)] != 0 {
			out.set(k, x, offset(at, xs))
		} else {
			out.set(k, y, offset(at, ys))
		}
	})
	return one(out, nil)
})
