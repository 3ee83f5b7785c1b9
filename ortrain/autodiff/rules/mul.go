package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Mul", Since: 7, Broadcasts: true,
	Doc:    "y = a·b: da = dy·b, db = dy·a",
	Source: "ONNX Mul-7, 13, 14",
	VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		dx := make([]*onnx.Value, 2)
		for i := range dx {
			if need[i] {
				dx[i] = t.Mul(dy[0], n.Inputs[1-i])
			}
		}
		return dx
	},
	Samples: binarySamples("Mul", reals, reals),
})
