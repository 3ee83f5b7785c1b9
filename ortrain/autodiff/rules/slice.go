package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Slice", Since: 10,
	Doc:    "y = a part of x: dx = dy in that part, 0 elsewhere",
	Source: "ONNX Slice-10, 11, 13; ONNX Runtime emits com.microsoft SliceGrad(dY, shape, starts, ends, axes, steps)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("SliceGrad", append(values(dy, shapeOf(t, n.Inputs[0])), n.Inputs[1:]...))
	}),
	Samples: []autodiff.Sample{
		sample("leading", "", "Slice", []autodiff.Input{reals(5, 3), ints(1), ints(3)}),
		sample("first token", "", "Slice", []autodiff.Input{reals(2, 5, 3), ints(0), ints(1), ints(1)}),
		sample("negative", "", "Slice", []autodiff.Input{reals(5, 3), ints(-3), ints(-1), ints(-2)}),
		sample("beyond", "", "Slice", []autodiff.Input{reals(5, 3), ints(2, -9), ints(1<<40, 2), ints(0, 1)}),
		sample("step", "", "Slice", []autodiff.Input{reals(2, 7), ints(1), ints(6), ints(1), ints(2)}),
		sample("backwards", "", "Slice", []autodiff.Input{reals(5, 3), ints(-1), ints(-6), ints(0), ints(-2)}),
		sample("two steps", "", "Slice", []autodiff.Input{reals(5, 6), ints(0, 5), ints(5, 0), ints(0, 1), ints(1, -2)}),
	},
})
