package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// ConcatTraining is what ONNX Runtime's training transformers make of every
// Concat, those in shape arithmetic included.
var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "ConcatTraining",
	Doc:    "concat_result = the inputs joined along axis; per_input_length = their sizes along it",
	Source: "training_op_defs.cc ConcatTraining",
	Inputs: []string{"inputs"}, Outputs: []string{"concat_result", "per_input_length"},
	Attrs:    []onnx.Attr{onnx.IntAttr("axis", 0)},
	Variadic: true,
	body: func(c *call) []*onnx.Value {
		out := values(c.Op("Concat", c.in, c.attr("axis", "axis")), nil)
		if c.node.Output(1) != nil {
			lengths := make([]*onnx.Value, len(c.in))
			for i, x := range c.in {
				lengths[i] = c.Gather(c.Shape(x), c.axes("axis"), 0)
			}
			out[1] = c.Concat(0, lengths...)
		}
		return out[:len(c.node.Outputs)]
	},
})
