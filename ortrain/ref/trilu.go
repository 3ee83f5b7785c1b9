package ref

import "fmt"

// Trilu-14: the upper (or with upper = 0 the lower) triangle of the last two
// axes from the k-th diagonal on, zeros elsewhere.
var _ = register("", "Trilu", "any int?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	k, err := c.integer(1, 0)
	if err != nil {
		return nil, err
	}
	n := len(x.Dims)
	if n < 2 {
		return nil, fmt.Errorf("a matrix is needed: %w", ErrInput)
	}
	upper, own := c.Node.Int("upper", 1) != 0, strides(x.Dims)
	return one(c.pick(x, x.Dims, func(at []int64) int {
		above := at[n-1] - at[n-2]
		if upper && above < k || !upper && above > k {
			return -1
		}
		return offset(at, own)
	}))
})
