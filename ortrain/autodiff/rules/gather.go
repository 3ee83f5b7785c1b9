package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Gather", Since: 1,
	Doc:    "y = entries of x along axis at the indices: dx = zeros, to which the entries of dy are added at the indices",
	Source: "ONNX Gather-1, 11, 13; ONNX Runtime emits com.microsoft GatherGrad(shape, indices, dY)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("GatherGrad", values(shapeOf(t, n.Inputs[0]), n.Inputs[1], dy), onnx.IntAttr("axis", n.Int("axis", 0)))
	}),
	Samples: []autodiff.Sample{
		sample("table", "", "Gather", []autodiff.Input{reals(5, 3), indices([]int64{2, 3}, 0, 4, 1, 4, 0, 4)}, onnx.IntAttr("axis", 0)),
		sample("scalar index", "", "Gather", []autodiff.Input{reals(2, 5, 3), {Sizes: []int64{}, Ints: []int64{0}, Const: true}}, onnx.IntAttr("axis", 1)),
		sample("last token", "", "Gather", []autodiff.Input{reals(2, 5, 3), {Sizes: []int64{}, Ints: []int64{-1}, Const: true}}, onnx.IntAttr("axis", 1)),
		sample("negative axis", "", "Gather", []autodiff.Input{reals(2, 5), indices([]int64{3}, 1, -1, 1)}, onnx.IntAttr("axis", -1)),
		sample("default axis", "", "Gather", []autodiff.Input{reals(4), indices([]int64{2}, 3, 3)}),
	},
})
