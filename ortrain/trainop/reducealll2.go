package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "ReduceAllL2",
	Doc:    "reduced = √(Σ of the squares of all elements of all inputs), a scalar",
	Source: "training_op_defs.cc ReduceAllL2",
	Inputs: []string{"X"}, Outputs: []string{"reduced"},
	Variadic: true,
	body: func(c *call) []*onnx.Value {
		squares := make([]*onnx.Value, len(c.in))
		for i, x := range c.in {
			squares[i] = c.Op("ReduceSumSquare", values(x), onnx.IntAttr("keepdims", 0))
		}
		return values(c.Sqrt(c.Sum(squares...)))
	},
})
