package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// The packing functions move rows between the packed form [T,H], where the
// tokens of all sequences lie one after another, and the dense one [B·S,H].
// Every function takes the indices of both directions, so that the gradient of
// one is the other and nobody has to scatter.

var _ = register(autodiff.Rule{
	Domain: onnx.DomainOrtrain, Op: "PackedToDense", Since: 1,
	Doc:     "y = Gather(x, dense_index)·dense_mask: dx = DenseToPacked(dy, packed_index, dense_index, dense_mask)",
	Source:  "each real token lies at exactly one dense place; the others are masked",
	VJP:     transposedBy("DenseToPacked", 3, 1, 2),
	Samples: []autodiff.Sample{sample("two texts", onnx.DomainOrtrain, "PackedToDense", []autodiff.Input{reals(5, 2), denseIndex(), denseMask(), packedIndex()})},
})

var _ = register(autodiff.Rule{
	Domain: onnx.DomainOrtrain, Op: "DenseToPacked", Since: 1,
	Doc:     "y = Gather(x, packed_index): dx = PackedToDense(dy, dense_index, dense_mask, packed_index)",
	Source:  "each real token lies at exactly one dense place; the others are masked",
	VJP:     transposedBy("PackedToDense", 2, 3, 1),
	Samples: []autodiff.Sample{sample("two texts", onnx.DomainOrtrain, "DenseToPacked", []autodiff.Input{reals(6, 2), packedIndex(), denseIndex(), denseMask()})},
})

// transposedBy is the gradient of a packing function: another one of dy with
// the inputs given, in that order.
func transposedBy(op string, order ...int) func(*emit.Tape, *onnx.Node, []*onnx.Value, []bool) []*onnx.Value {
	return unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		in := values(dy)
		for _, i := range order {
			in = append(in, n.Inputs[i])
		}
		return t.Node(onnx.DomainOrtrain, op, 1, in)[0]
	})
}

// Two sequences of 3 and 2 tokens in a rectangle of 2 × 3.
func denseIndex() autodiff.Input  { return indices([]int64{6}, 0, 1, 2, 3, 4, 0) }
func packedIndex() autodiff.Input { return indices([]int64{5}, 0, 1, 2, 3, 4) }
func denseMask() autodiff.Input {
	return autodiff.Input{Sizes: []int64{6, 1}, Floats: []float64{1, 1, 1, 1, 1, 0}, Const: true}
}
