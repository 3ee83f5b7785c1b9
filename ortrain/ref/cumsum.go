package ref

import "slices"

// CumSum-11, -14: the running sum along an axis, from the end with reverse,
// without the element itself with exclusive.
var _ = register("", "CumSum", "number int", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	given, err := c.integer(1, 0)
	if err != nil {
		return nil, err
	}
	axis, err := normal(given, len(x.Dims))
	if err != nil {
		return nil, err
	}
	out, err := c.New(x.DType, x.Dims)
	if err != nil {
		return nil, err
	}
	exclusive, reverse := c.Node.Int("exclusive", 0) != 0, c.Node.Int("reverse", 0) != 0
	lines(x.Dims, axis, func(places []int) {
		if reverse {
			slices.Reverse(places)
		}
		if x.F != nil {
			accumulate(out.F, x.F, places, exclusive)
		} else {
			accumulate(out.I, x.I, places, exclusive)
		}
	})
	for k, v := range out.I {
		out.I[k] = wrap(out.DType, v)
	}
	return one(out, nil)
})

func accumulate[T int64 | float64](out, x []T, places []int, exclusive bool) {
	var sum T
	for _, p := range places {
		if exclusive {
			out[p] = sum
			sum += x[p]
		} else {
			sum += x[p]
			out[p] = sum
		}
	}
}
