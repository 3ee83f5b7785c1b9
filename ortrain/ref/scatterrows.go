package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// ortrain.ScatterRows-1 of (y [N,H], rows [N], inverse [T], mask [T,1]): the
// gradient of GatherRows, row t being the row of y that inverse names, times the
// mask.
var _ = register(onnx.DomainOrtrain, "ScatterRows", "float int int float", func(c *Call) ([]*Tensor, error) {
	return one(c.maskedRows(c.In(0), c.In(2), c.In(3)))
})
