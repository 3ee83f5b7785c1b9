package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SigmoidGrad",
	Doc:    "dX = dY·Y·(1 − Y)",
	Source: "training_op_defs.cc SigmoidGrad",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		dy, y := c.in[0], c.in[1]
		return values(c.Mul(dy, c.Mul(y, c.Sub(c.Like(y, 1), y))))
	},
})
