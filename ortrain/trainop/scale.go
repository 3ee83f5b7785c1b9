package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "Scale",
	Doc:    "output = input·scale, or input·(1/scale) if scale_down; scale is a scalar of any number type",
	Source: "training_op_defs.cc Scale",
	Inputs: []string{"input", "scale"}, Outputs: []string{"output"},
	Attrs: []onnx.Attr{onnx.IntAttr("scale_down", 0)},
	body: func(c *call) []*onnx.Value {
		x := c.in[0]
		s := c.asType(c.in[1], x)
		down := c.Equal(c.scalar("scale_down"), c.Int(1))
		return values(c.Mul(x, c.Where(down, c.Div(c.Like(x, 1), s), s)))
	},
})
