package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(autodiff.Rule{
	Op: "Flatten", Since: 9,
	Doc:    "y = x as a matrix, the axes before axis by the others: dx = dy under the sizes of x",
	Source: "ONNX Flatten-9, 11, 13, 21",
	VJP:    unary(reshapeBack),
	Samples: []autodiff.Sample{
		sample("default", "", "Flatten", []autodiff.Input{reals(2, 3, 4)}),
		sample("negative", "", "Flatten", []autodiff.Input{reals(2, 3, 4)}, onnx.IntAttr("axis", -1)),
		sample("zero", "", "Flatten", []autodiff.Input{reals(2, 3)}, onnx.IntAttr("axis", 0)),
	},
})
