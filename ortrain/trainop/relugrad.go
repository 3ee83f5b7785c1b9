package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "ReluGrad",
	Doc:    "dX = dY where X > 0, else 0; X may be the input or the output of Relu",
	Source: "training_op_defs.cc ReluGrad",
	Inputs: []string{"dY", "X"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		dy, x := c.in[0], c.in[1]
		return values(c.Where(c.Op("Greater", values(x, c.Like(x, 0))), dy, c.Like(dy, 0)))
	},
})
