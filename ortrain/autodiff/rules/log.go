package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Log", Since: 6,
	Doc:    "y = ln x: dx = dy/x",
	Source: "ONNX Log-6, 13",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Div(dy, n.Inputs[0])
	}),
	Samples: unarySamples("", "Log", positive),
})
