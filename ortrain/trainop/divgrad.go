package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "DivGrad",
	Doc:    "dA = dY/B, dB = −dY·A/B², each summed to the shape of its input",
	Source: "training_op_defs.cc DivGrad",
	Inputs: []string{"dY", "A", "B"}, Outputs: []string{"dA", "dB"},
	body: func(c *call) []*onnx.Value {
		dy, a, b := c.in[0], c.in[1], c.in[2]
		da := c.Div(dy, b)
		db := c.Neg(c.Mul(da, c.Div(a, b)))
		if s := dy.Type.Shape; s.Equal(a.Type.Shape) && s.Equal(b.Type.Shape) {
			return values(da, db)
		}
		sa, sb := c.Shape(a), c.Shape(b)
		aAxes, bAxes := c.broadcastAxes(sa, sb)
		return values(c.sumTo(da, aAxes, sa), c.sumTo(db, bAxes, sb))
	},
})

// sumTo sums x over axes, of which there may be none, and gives it a shape.
func (c *call) sumTo(x, axes, shape *onnx.Value) *onnx.Value {
	sum := c.Op("ReduceSum", values(x, axes), onnx.IntAttr("keepdims", 1), onnx.IntAttr("noop_with_empty_axes", 1))
	return c.ReshapeLike(sum, shape)
}
