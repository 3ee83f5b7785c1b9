package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Sigmoid", Since: 6,
	Doc:    "y = 1/(1 + e^−x): dx = dy·y·(1 − y)",
	Source: "ONNX Sigmoid-6, 13; ONNX Runtime emits com.microsoft SigmoidGrad(dY, Y)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("SigmoidGrad", values(dy, n.Outputs[0]))
	}),
	Samples: unarySamples("", "Sigmoid", reals),
})
