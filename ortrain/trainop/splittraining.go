package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SplitTraining",
	Doc:    "the input cut into pieces of the sizes split along axis",
	Source: "training_op_defs.cc SplitTraining",
	Inputs: []string{"input", "split"}, Outputs: []string{"outputs"},
	Attrs:    []onnx.Attr{onnx.IntAttr("axis", 0)},
	Variadic: true,
	body: func(c *call) []*onnx.Value {
		return c.Node(onnx.DomainDefault, "Split", len(c.node.Outputs), c.in, c.attr("axis", "axis"))
	},
})
