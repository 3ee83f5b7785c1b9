package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// ortrain.GatherRows-1 of (x [T,H], rows [N], inverse [T], mask [T,1]): the rows
// of x that rows names.
var _ = register(onnx.DomainOrtrain, "GatherRows", "float int int float", func(c *Call) ([]*Tensor, error) {
	return one(c.rows(c.In(0), c.In(1)))
})
