package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Sum", Since: 8, Broadcasts: true,
	Doc:    "y = a + b + …: each gradient is dy",
	Source: "ONNX Sum-8, 13",
	VJP: func(_ *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		dx := make([]*onnx.Value, len(n.Inputs))
		for i := range dx {
			dx[i] = dy[0]
		}
		return dx
	},
	Samples: []autodiff.Sample{
		sample("one", "", "Sum", []autodiff.Input{reals(2, 3)}),
		sample("three", "", "Sum", []autodiff.Input{reals(2, 3), reals(3), reals(2, 1)}),
	},
})
