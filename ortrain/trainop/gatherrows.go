package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainOrtrain, Name: "GatherRows",
	Doc:    "y = Gather(x, rows): distinct rows [B,H] of x [T,H]",
	Source: "each of GatherRows and ScatterRows is the gradient of the other",
	Inputs: []string{"x", "rows", "inverse", "mask"}, Outputs: []string{"y"},
	body: func(c *call) []*onnx.Value {
		return values(c.Gather(c.in[0], c.in[1], 0))
	},
})

var _ = register(Op{
	Domain: onnx.DomainOrtrain, Name: "ScatterRows",
	Doc:    "y = Gather(x, inverse)·mask: rows [B,H] at their places in [T,H], 0 elsewhere",
	Source: "each of GatherRows and ScatterRows is the gradient of the other",
	Inputs: []string{"x", "rows", "inverse", "mask"}, Outputs: []string{"y"},
	body: func(c *call) []*onnx.Value {
		return values(c.maskedRows(c.in[0], c.in[2], c.in[3]))
	},
})
