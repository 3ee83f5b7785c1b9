package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Identity", Since: 1,
	Doc:    "y = x: dx = dy",
	Source: "ONNX Identity-1 … 21",
	VJP: unary(func(_ *emit.Tape, _ *onnx.Node, dy *onnx.Value) *onnx.Value {
		return dy
	}),
	Samples: unarySamples("", "Identity", reals),
})
