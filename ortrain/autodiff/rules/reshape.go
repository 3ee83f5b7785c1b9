package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Reshape", Since: 5,
	Doc:    "y = x under other sizes: dx = dy under the sizes of x",
	Source: "ONNX Reshape-5, 13, 14, 19, 21",
	VJP:    unary(reshapeBack),
	Samples: []autodiff.Sample{
		sample("split", "", "Reshape", []autodiff.Input{reals(2, 6), ints(2, 3, 2)}),
		sample("keep and infer", "", "Reshape", []autodiff.Input{reals(2, 3, 4), ints(0, -1)}),
		sample("to scalar shape", "", "Reshape", []autodiff.Input{reals(1, 1), {Sizes: []int64{0}, Ints: []int64{}, Const: true}}),
	},
})

// reshapeBack is the gradient of every operator that only changes sizes.
func reshapeBack(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
	return reshaped(t, dy, n.Inputs[0])
}
