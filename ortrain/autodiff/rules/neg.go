package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Neg", Since: 6,
	Doc:    "y = −x: dx = −dy",
	Source: "ONNX Neg-6, 13",
	VJP: unary(func(t *emit.Tape, _ *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Neg(dy)
	}),
	Samples: unarySamples("", "Neg", reals),
})
