package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Sub", Since: 7, Broadcasts: true,
	Doc:    "y = a − b: da = dy, db = −dy",
	Source: "ONNX Sub-7, 13, 14",
	VJP: func(t *emit.Tape, _ *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		dx := values(dy[0], nil)
		if need[1] {
			dx[1] = t.Neg(dy[0])
		}
		return dx
	},
	Samples: binarySamples("Sub", reals, reals),
})
