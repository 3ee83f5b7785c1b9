package ref

import "fmt"

// GatherElements-11, -13: Y[…i…] = X[…indices[…i…]…], the index replacing that
// of axis.
var _ = register("", "GatherElements", "any int", func(c *Call) ([]*Tensor, error) {
	x, ix := c.In(0), c.In(1)
	place, err := c.elements(x.Dims, ix)
	if err != nil {
		return nil, err
	}
	return one(c.pick(x, ix.Dims, place))
})

// elements returns where in a tensor of dims a position of the indices points
// to, axis being the node's attribute.
func (c *Call) elements(dims []int64, ix *Tensor) (func(at []int64) int, error) {
	axis, err := normal(c.Node.Int("axis", 0), len(dims))
	if err != nil {
		return nil, err
	}
	if len(ix.Dims) != len(dims) {
		return nil, fmt.Errorf("indices %s for sizes %v: %w", ix, dims, ErrInput)
	}
	for i, d := range ix.Dims {
		if i != axis && d > dims[i] {
			return nil, fmt.Errorf("indices %s for sizes %v: %w", ix, dims, ErrInput)
		}
	}
	rows, err := indices(ix.I, dims[axis])
	if err != nil {
		return nil, err
	}
	own, from := strides(dims), strides(ix.Dims)
	return func(at []int64) int {
		return offset(at, own) + int((rows[offset(at, from)]-at[axis])*own[axis])
	}, nil
}
