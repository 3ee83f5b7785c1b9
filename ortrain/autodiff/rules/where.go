package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Where", Since: 9, Broadcasts: true,
	Doc:    "y = a where c, else b: da = dy where c, else 0; db = 0 where c, else dy",
	Source: "ONNX Where-9, 16",
	VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		dx := make([]*onnx.Value, 3)
		zero := t.Like(dy[0], 0)
		if need[1] {
			dx[1] = t.Where(n.Inputs[0], dy[0], zero)
		}
		if need[2] {
			dx[2] = t.Where(n.Inputs[0], zero, dy[0])
		}
		return dx
	},
	Samples: []autodiff.Sample{
		sample("equal", "", "Where", []autodiff.Input{bools([]int64{2, 2}, true, false, false, true), reals(2, 2), reals(2, 2)}),
		sample("broadcast", "", "Where", []autodiff.Input{bools([]int64{2, 1}, true, false), reals(3), reals(2, 3)}),
		sample("scalars", "", "Where", []autodiff.Input{bools([]int64{2, 2}, true, false, false, true), reals(), reals(1, 1)}),
	},
})

// bools is a fed bool tensor.
func bools(sizes []int64, v ...bool) autodiff.Input {
	return autodiff.Input{Sizes: sizes, Bools: v}
}
