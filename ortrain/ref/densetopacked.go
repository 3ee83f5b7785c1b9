package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// ortrain.DenseToPacked-1 of (y [B·S,H], packed_index [T], dense_index [B·S],
// dense_mask [B·S,1]): the rows of y that packed_index names.
var _ = register(onnx.DomainOrtrain, "DenseToPacked", "float int int float", func(c *Call) ([]*Tensor, error) {
	return one(c.rows(c.In(0), c.In(1)))
})
