package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainOrtrain, Name: "PackedToDense",
	Doc:    "y = Gather(x, dense_index)·dense_mask: rows [T,H] of packed tokens into the places [B·S,H] of a rectangle",
	Source: "each of PackedToDense and DenseToPacked is the gradient of the other",
	Inputs: []string{"x", "dense_index", "dense_mask", "packed_index"}, Outputs: []string{"y"},
	body: func(c *call) []*onnx.Value {
		return values(c.maskedRows(c.in[0], c.in[1], c.in[2]))
	},
})

var _ = register(Op{
	Domain: onnx.DomainOrtrain, Name: "DenseToPacked",
	Doc:    "y = Gather(x, packed_index): the rows [T,H] of the real tokens out of a rectangle [B·S,H]",
	Source: "each of PackedToDense and DenseToPacked is the gradient of the other",
	Inputs: []string{"x", "packed_index", "dense_index", "dense_mask"}, Outputs: []string{"y"},
	body: func(c *call) []*onnx.Value {
		return values(c.Gather(c.in[0], c.in[1], 0))
	},
})

// maskedRows gathers rows and zeroes those whose mask is 0.
func (c *call) maskedRows(x, rows, mask *onnx.Value) *onnx.Value {
	return c.Mul(c.Gather(x, rows, 0), c.asType(mask, x))
}
