package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Exp", Since: 6,
	Doc:    "y = e^x: dx = dy·y",
	Source: "ONNX Exp-6, 13",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Mul(dy, n.Outputs[0])
	}),
	Samples: unarySamples("", "Exp", reals),
})
