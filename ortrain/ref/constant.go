package ref

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Constant-1, -9, -11, -12, -13, -19, -21: the tensor in attribute value, or the
// numbers in value_float, value_floats, value_int or value_ints.
var _ = register("", "Constant", "", func(c *Call) ([]*Tensor, error) {
	data := (&onnx.Value{Producer: c.Node}).Const()
	if data == nil {
		return nil, fmt.Errorf("no numbers in the attributes: %w", ErrInput)
	}
	return one(FromONNX(data))
})
