package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Add", Since: 7, Broadcasts: true,
	Doc:    "y = a + b: da = dy, db = dy",
	Source: "ONNX Add-7, 13, 14",
	VJP: func(_ *emit.Tape, _ *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		return values(dy[0], dy[0])
	},
	Samples: binarySamples("Add", reals, reals),
})
