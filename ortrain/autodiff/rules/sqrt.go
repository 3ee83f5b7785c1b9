package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Sqrt", Since: 6,
	Doc:    "y = √x: dx = dy/(2y)",
	Source: "ONNX Sqrt-6, 13",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Mul(t.Div(dy, n.Outputs[0]), t.Like(dy, 0.5))
	}),
	Samples: unarySamples("", "Sqrt", positive),
})
