package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Squeeze", Since: 13,
	Doc:    "y = x without axes of size 1: dx = dy with them (under the sizes of x if none are named)",
	Source: "ONNX Squeeze-13, 21",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		if n.Input(1) == nil {
			return reshapeBack(t, n, dy)
		}
		return t.Op("Unsqueeze", values(dy, n.Inputs[1]))
	}),
	Samples: []autodiff.Sample{
		sample("axes", "", "Squeeze", []autodiff.Input{reals(1, 3, 1, 4), ints(0, 2)}),
		sample("negative", "", "Squeeze", []autodiff.Input{reals(2, 3, 1), ints(-1)}),
		sample("all", "", "Squeeze", []autodiff.Input{reals(1, 3, 1)}),
	},
})
