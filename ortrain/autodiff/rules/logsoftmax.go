package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "LogSoftmax", Since: 13,
	Doc:    "y = x − ln Σ e^x along axis: dx = dy − e^y·Σ dy",
	Source: "ONNX LogSoftmax-13; ONNX Runtime emits com.microsoft LogSoftmaxGrad_13(dY, Y)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("LogSoftmaxGrad_13", values(dy, n.Outputs[0]), onnx.IntAttr("axis", n.Int("axis", -1)))
	}),
	Samples: []autodiff.Sample{
		sample("last", "", "LogSoftmax", []autodiff.Input{reals(2, 3, 4)}),
		sample("axis", "", "LogSoftmax", []autodiff.Input{reals(2, 3, 4)}, onnx.IntAttr("axis", 1)),
		sample("negative", "", "LogSoftmax", []autodiff.Input{reals(2, 3, 4)}, onnx.IntAttr("axis", -3)),
		sample("vector", "", "LogSoftmax", []autodiff.Input{reals(5)}),
	},
})
