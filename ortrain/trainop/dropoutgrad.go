package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "DropoutGrad",
	Doc:    "dx = dy·mask/(1 − ratio); training_mode is not looked at",
	Source: "training_op_defs.cc DropoutGrad, whose kernel ignores training_mode too",
	Inputs: []string{"dy", "mask", "ratio", "training_mode"}, Outputs: []string{"dx"},
	Ignored: []string{"seed"},
	Limits:  "ratio must be given",
	body: func(c *call) []*onnx.Value {
		dy, ratio := c.in[0], c.input(2)
		if ratio == nil {
			ratio = c.Like(dy, 0.5)
		}
		ratio = c.asType(ratio, dy)
		scale := c.Div(c.Like(dy, 1), c.Sub(c.Like(dy, 1), ratio))
		return values(c.Mul(dy, c.Mul(c.asType(c.in[1], dy), scale)))
	},
})
