package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Expand", Since: 8, Broadcasts: true,
	Doc:    "y = x stretched to more sizes: dx = dy, which the driver sums to the shape of x",
	Source: "ONNX Expand-8, 13",
	VJP: unary(func(_ *emit.Tape, _ *onnx.Node, dy *onnx.Value) *onnx.Value {
		return dy
	}),
	Samples: []autodiff.Sample{
		sample("column", "", "Expand", []autodiff.Input{reals(3, 1), ints(3, 4)}),
		sample("rank", "", "Expand", []autodiff.Input{reals(3), ints(2, 1, 3)}),
		sample("smaller target", "", "Expand", []autodiff.Input{reals(2, 3), ints(1, 1)}),
		sample("scalar", "", "Expand", []autodiff.Input{reals(), ints(2)}),
	},
})
