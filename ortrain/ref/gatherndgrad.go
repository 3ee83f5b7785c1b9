package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.GatherNDGrad-1 of (shape, indices, dY): zeros of the given
// shape, to whose slices those of dY are added.
var _ = register(onnx.DomainMicrosoft, "GatherNDGrad", "int int float", func(c *Call) ([]*Tensor, error) {
	ix, dy := c.In(1), c.In(2)
	dims, err := c.vector(0)
	if err != nil {
		return nil, err
	}
	dx, err := c.New(dy.DType, dims)
	if err != nil {
		return nil, err
	}
	want, place, err := tuples(dims, ix, c.Node.Int("batch_dims", 0))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(want, dy.Dims) {
		return nil, fmt.Errorf("the gradient of %v is needed: %w", want, ErrInput)
	}
	walk(dy.Dims, func(k int, at []int64) { dx.F[place(at)] += dy.F[k] })
	return one(dx, nil)
})
