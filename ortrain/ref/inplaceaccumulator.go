package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.InPlaceAccumulatorV2-1 of (buffer, value, overwrite): value if
// overwrite holds, else buffer + value, as output 1; output 0 tells that this
// was done. The runtime's operator also changes the buffer; this one does not.
var _ = register(onnx.DomainMicrosoft, "InPlaceAccumulatorV2", "float float bool?", func(c *Call) ([]*Tensor, error) {
	buffer, value := c.In(0), c.In(1)
	overwrite, err := c.integer(2, 0)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(buffer.Dims, value.Dims) {
		return nil, fmt.Errorf("equal shapes are needed: %w", ErrInput)
	}
	out := value
	if overwrite == 0 {
		if out, err = c.binary(buffer, value, plus, nil); err != nil {
			return nil, err
		}
	}
	return []*Tensor{Bools([]int64{1}, true), out}, nil
})
