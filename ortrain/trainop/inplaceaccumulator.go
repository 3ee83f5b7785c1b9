package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "InPlaceAccumulatorV2",
	Doc: "buffer = value if overwrite, else buffer + value. The training kernel changes its input in place; no body can, " +
		"so only buffer_out, which artifacts leave out, holds the result: programs must accumulate by themselves",
	Source: "training_op_defs.cc InPlaceAccumulatorV2",
	Inputs: []string{"buffer", "value", "overwrite"}, Outputs: []string{"updated", "buffer_out"},
	Limits: "the buffer is not changed; overwrite must be given",
	body: func(c *call) []*onnx.Value {
		buffer, value, sum := c.in[0], c.in[1], (*onnx.Value)(nil)
		sum = c.Add(buffer, value)
		if overwrite := c.input(2); overwrite != nil {
			sum = c.Where(overwrite, value, sum)
		}
		done := c.Const(onnx.NewTensor([]int64{1}, true))
		return values(c.Identity(done), sum)
	},
})
