package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Relu", Since: 6,
	Doc:    "y = max(x, 0): dx = dy where y > 0, else 0",
	Source: "ONNX Relu-6, 13; ONNX Runtime emits com.microsoft ReluGrad(dY, Y)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("ReluGrad", values(dy, n.Outputs[0]))
	}),
	Samples: unarySamples("", "Relu", apart),
})
