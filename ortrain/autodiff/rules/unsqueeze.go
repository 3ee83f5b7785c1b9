package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Unsqueeze", Since: 13,
	Doc:    "y = x with axes of size 1: dx = dy without them",
	Source: "ONNX Unsqueeze-13, 21",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Op("Squeeze", values(dy, n.Inputs[1]))
	}),
	Samples: []autodiff.Sample{
		sample("axes", "", "Unsqueeze", []autodiff.Input{reals(2, 3), ints(0, 2)}),
		sample("negative", "", "Unsqueeze", []autodiff.Input{reals(2, 3), ints(-1)}),
		sample("scalar", "", "Unsqueeze", []autodiff.Input{reals(), ints(0)}),
	},
})
