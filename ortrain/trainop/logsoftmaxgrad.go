package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "LogSoftmaxGrad_13",
	Doc:    "dX = dY − e^Y·Σ dY along axis; Y is the output of LogSoftmax",
	Source: "training_op_defs.cc LogSoftmaxGrad_13",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.IntAttr("axis", -1)},
	body: func(c *call) []*onnx.Value {
		return values(c.logSoftmaxGrad(c.in[0], c.in[1], c.axes("axis")))
	},
})

func (c *call) logSoftmaxGrad(dy, y, axes *onnx.Value) *onnx.Value {
	return c.Sub(dy, c.Mul(c.Exp(y), c.sumOver(dy, axes)))
}

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "LogSoftmaxGrad",
	Doc:    "LogSoftmaxGrad_13 over all axes from axis on, as LogSoftmax before opset 13 had it",
	Source: "training_op_defs.cc LogSoftmaxGrad",
	Inputs: []string{"dY", "Y"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.IntAttr("axis", 1)},
	body: func(c *call) []*onnx.Value {
		dx := c.logSoftmaxGrad(c.flat(c.in[0], "axis"), c.flat(c.in[1], "axis"), c.Ints(1))
		return values(c.ReshapeLike(dx, c.Shape(c.in[0])))
	},
})
