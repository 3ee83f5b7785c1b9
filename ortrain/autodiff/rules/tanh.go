package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Tanh", Since: 6,
	Doc:    "y = tanh x: dx = dy·(1 − y²)",
	Source: "ONNX Tanh-6, 13; ONNX Runtime emits com.microsoft TanhGrad(dY, Y)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("TanhGrad", values(dy, n.Outputs[0]))
	}),
	Samples: unarySamples("", "Tanh", reals),
})
