package ref

import (
	"fmt"
	"math"
)

// Range-11: start, start + delta, … up to limit, which is excluded.
var _ = register("", "Range", "N N N", func(c *Call) ([]*Tensor, error) {
	var from [3]float64
	for i := range from {
		var err error
		if from[i], err = c.scalar(i, 0); err != nil {
			return nil, err
		}
	}
	start, limit, delta := from[0], from[1], from[2]
	n := math.Ceil((limit - start) / delta)
	if delta == 0 || math.IsNaN(n) || n > float64(c.run.opts.MaxElements) {
		return nil, fmt.Errorf("from %g to %g by %g: %w", start, limit, delta, ErrLimit)
	}
	out, err := c.New(c.In(0).DType, []int64{int64(max(n, 0))})
	if err != nil {
		return nil, err
	}
	for k := range out.Len() {
		if out.F != nil {
			out.F[k] = start + float64(k)*delta
		} else {
			out.I[k] = wrap(out.DType, c.In(0).I[0]+int64(k)*c.In(2).I[0])
		}
	}
	return one(out, nil)
})
