package ref

import "fmt"

// Transpose-1, -13, -21: the axes in the order perm, reversed without it.
var _ = register("", "Transpose", "any", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	perm := make([]int, len(x.Dims))
	if given := c.Node.Ints("perm"); given == nil {
		for i := range perm {
			perm[i] = len(perm) - 1 - i
		}
	} else {
		var err error
		if perm, err = normals(given, len(x.Dims)); err != nil {
			return nil, err
		}
		if len(perm) != len(x.Dims) {
			return nil, fmt.Errorf("perm %v for rank %d: %w", given, len(x.Dims), ErrInput)
		}
	}
	return one(c.transpose(x, perm))
})

func (c *Call) transpose(x *Tensor, perm []int) (*Tensor, error) {
	dims, from, own := make([]int64, len(perm)), make([]int64, len(perm)), strides(x.Dims)
	for i, p := range perm {
		dims[i], from[i] = x.Dims[p], own[p]
	}
	return c.pick(x, dims, func(at []int64) int { return offset(at, from) })
}
