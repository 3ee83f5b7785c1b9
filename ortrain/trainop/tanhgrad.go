package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "TanhGrad",
	Doc:    "dX = dY·(1 − Y²)",
	Source: "training_op_defs.cc TanhGrad",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		dy, y := c.in[0], c.in[1]
		return values(c.Mul(dy, c.Sub(c.Like(y, 1), c.Mul(y, y))))
	},
})
