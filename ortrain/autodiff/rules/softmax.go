package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Softmax", Since: 13,
	Doc:    "y = e^x/Σ e^x along axis: dx = y·(dy − Σ y·dy)",
	Source: "ONNX Softmax-13; ONNX Runtime emits com.microsoft SoftmaxGrad_13(dY, Y)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("SoftmaxGrad_13", values(dy, n.Outputs[0]), onnx.IntAttr("axis", n.Int("axis", -1)))
	}),
	Samples: []autodiff.Sample{
		sample("last", "", "Softmax", []autodiff.Input{reals(2, 3, 4)}),
		sample("axis", "", "Softmax", []autodiff.Input{reals(2, 3, 4)}, onnx.IntAttr("axis", 1)),
		sample("negative", "", "Softmax", []autodiff.Input{reals(2, 3, 4)}, onnx.IntAttr("axis", -3)),
		sample("vector", "", "Softmax", []autodiff.Input{reals(5)}),
	},
})
