package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.GatherGrad-1 of (shape, indices, dY): zeros of the given shape,
// to whose entries along axis the entries of dY are added.
var _ = register(onnx.DomainMicrosoft, "GatherGrad", "int int float", func(c *Call) ([]*Tensor, error) {
	ix, dy := c.In(1), c.In(2)
	dims, err := c.vector(0)
	if err != nil {
		return nil, err
	}
	dx, err := c.New(dy.DType, dims)
	if err != nil {
		return nil, err
	}
	axis, err := normal(c.Node.Int("axis", 0), len(dims))
	if err != nil {
		return nil, err
	}
	rows, err := indices(ix.I, dims[axis])
	if err != nil {
		return nil, err
	}
	if want := slices.Concat(dims[:axis], ix.Dims, dims[axis+1:]); !slices.Equal(want, dy.Dims) {
		return nil, fmt.Errorf("the gradient of %v is needed: %w", want, ErrInput)
	}
	place := gathered(dims, ix.Dims, rows, axis)
	walk(dy.Dims, func(k int, at []int64) { dx.F[place(at)] += dy.F[k] })
	return one(dx, nil)
})
