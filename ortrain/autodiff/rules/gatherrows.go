package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// GatherRows picks rows that are all different; its inputs tell for every row
// of x whether and where it was picked, so that its gradient is a Gather too.

var _ = register(autodiff.Rule{
	Domain: onnx.DomainOrtrain, Op: "GatherRows", Since: 1,
	Doc:     "y = Gather(x, rows): dx = ScatterRows(dy, rows, inverse, mask)",
	Source:  "rows are distinct; inverse[rows[b]] = b and mask is 1 there, 0 elsewhere",
	VJP:     transposedBy("ScatterRows", 1, 2, 3),
	Samples: []autodiff.Sample{sample("first tokens", onnx.DomainOrtrain, "GatherRows", append([]autodiff.Input{reals(5, 2)}, rowInputs()...))},
})

var _ = register(autodiff.Rule{
	Domain: onnx.DomainOrtrain, Op: "ScatterRows", Since: 1,
	Doc:     "y = Gather(x, inverse)·mask: dx = GatherRows(dy, rows, inverse, mask)",
	Source:  "rows are distinct; inverse[rows[b]] = b and mask is 1 there, 0 elsewhere",
	VJP:     transposedBy("GatherRows", 1, 2, 3),
	Samples: []autodiff.Sample{sample("first tokens", onnx.DomainOrtrain, "ScatterRows", append([]autodiff.Input{reals(2, 2)}, rowInputs()...))},
})

// rowInputs are rows, inverse and mask of the first tokens of two sequences of
// 3 and 2 tokens.
func rowInputs() []autodiff.Input {
	return []autodiff.Input{
		indices([]int64{2}, 0, 3),
		indices([]int64{5}, 0, 0, 0, 1, 0),
		{Sizes: []int64{5, 1}, Floats: []float64{1, 0, 0, 1, 0}, Const: true},
	}
}
