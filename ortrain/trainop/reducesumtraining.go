package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "ReduceSumTraining",
	Doc:    "ReduceSum of opset 13, for models of older opsets",
	Source: "training_op_defs.cc ReduceSumTraining",
	Inputs: []string{"data", "axes"}, Outputs: []string{"reduced"},
	Attrs: []onnx.Attr{onnx.IntAttr("keepdims", 1), onnx.IntAttr("noop_with_empty_axes", 0)},
	body: func(c *call) []*onnx.Value {
		return values(c.Op("ReduceSum", c.in, c.attr("keepdims", "keepdims"), c.attr("noop_with_empty_axes", "noop_with_empty_axes")))
	},
})
