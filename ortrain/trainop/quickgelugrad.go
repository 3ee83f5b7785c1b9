package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "QuickGeluGrad",
	Doc:    "s = σ(alpha·X), dX = dY·s·(1 + alpha·X·(1 − s))",
	Source: "training_op_defs.cc QuickGeluGrad",
	Inputs: []string{"dY", "X"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.FloatAttr("alpha", 1.702)},
	body: func(c *call) []*onnx.Value {
		dy, x := c.in[0], c.in[1]
		ax := c.Mul(x, c.float("alpha", x))
		s := c.Sigmoid(ax)
		slope := c.Mul(s, c.Add(c.Mul(ax, c.Sub(c.Like(x, 1), s)), c.Like(x, 1)))
		return values(c.Mul(dy, slope))
	},
})
