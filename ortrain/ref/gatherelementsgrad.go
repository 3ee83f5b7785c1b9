package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.GatherElementsGrad-1 of (dY, shape, indices): zeros of the given
// shape, to whose elements those of dY are added.
var _ = register(onnx.DomainMicrosoft, "GatherElementsGrad", "float int int", func(c *Call) ([]*Tensor, error) {
	dy, ix := c.In(0), c.In(2)
	dims, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	dx, err := c.New(dy.DType, dims)
	if err != nil {
		return nil, err
	}
	place, err := c.elements(dims, ix)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(dy.Dims, ix.Dims) {
		return nil, fmt.Errorf("gradient %s for indices %s: %w", dy, ix, ErrInput)
	}
	walk(dy.Dims, func(k int, at []int64) { dx.F[place(at)] += dy.F[k] })
	return one(dx, nil)
})
