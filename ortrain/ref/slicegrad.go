package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.SliceGrad-1 of (dY, shape, starts, ends, axes, steps): zeros of
// the given shape with dY in the region that Slice cut out.
var _ = register(onnx.DomainMicrosoft, "SliceGrad", "any int int int int? int?", func(c *Call) ([]*Tensor, error) {
	dy := c.In(0)
	dims, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	dx, err := c.New(dy.DType, dims)
	if err != nil {
		return nil, err
	}
	region, err := c.region(dims, 2)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(region.dims, dy.Dims) {
		return nil, fmt.Errorf("the slice of %v is %v: %w", dims, region.dims, ErrInput)
	}
	place := region.place(dims)
	walk(dy.Dims, func(k int, at []int64) { dx.set(place(at), dy, k) })
	return one(dx, nil)
})
