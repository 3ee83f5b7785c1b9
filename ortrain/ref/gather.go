package ref

import "slices"

// Gather-1, -11, -13: the entries of X along axis at the given indices.
var _ = register("", "Gather", "any int", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	axis, err := normal(c.Node.Int("axis", 0), len(x.Dims))
	if err != nil {
		return nil, err
	}
	return one(c.gather(x, c.In(1), axis))
})

func (c *Call) gather(x, ix *Tensor, axis int) (*Tensor, error) {
	rows, err := indices(ix.I, x.Dims[axis])
	if err != nil {
		return nil, err
	}
	return c.pick(x, slices.Concat(x.Dims[:axis], ix.Dims, x.Dims[axis+1:]), gathered(x.Dims, ix.Dims, rows, axis))
}

// gathered returns where in a tensor of dims a position of the result of a
// Gather lies.
func gathered(dims, ixDims, rows []int64, axis int) func(at []int64) int {
	own, from := strides(dims), strides(ixDims)
	return func(at []int64) int {
		row := rows[offset(at[axis:axis+len(ixDims)], from)]
		return offset(at[:axis], own[:axis]) + int(row*own[axis]) + offset(at[axis+len(ixDims):], own[axis+1:])
	}
}
