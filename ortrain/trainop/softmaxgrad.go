package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SoftmaxGrad_13",
	Doc:    "dX = Y·(dY − Σ Y·dY) along axis",
	Source: "training_op_defs.cc SoftmaxGrad_13",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.IntAttr("axis", -1)},
	body: func(c *call) []*onnx.Value {
		return values(c.softmaxGrad(c.in[0], c.in[1], c.axes("axis")))
	},
})

func (c *call) softmaxGrad(dy, y, axes *onnx.Value) *onnx.Value {
	return c.Mul(y, c.Sub(dy, c.sumOver(c.Mul(y, dy), axes)))
}

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SoftmaxGrad",
	Doc:    "SoftmaxGrad_13 over all axes from axis on, as Softmax before opset 13 had it",
	Source: "training_op_defs.cc SoftmaxGrad",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)},
	body: func(c *call) []*onnx.Value {
		dx := c.softmaxGrad(c.flat(c.in[0], "axis"), c.flat(c.in[1], "axis"), c.Ints(1))
		return values(c.ReshapeLike(dx, c.Shape(c.in[0])))
	},
})
