package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Transpose", Since: 1,
	Doc:    "y = x with axes in the order perm (reversed if absent): dx = dy with axes in the inverse order",
	Source: "ONNX Transpose-1, 13, 21",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		perm := n.Ints("perm")
		if perm == nil {
			return t.Op("Transpose", values(dy))
		}
		inverse := make([]int64, len(perm))
		for i, p := range perm {
			if p < 0 || p >= int64(len(perm)) {
				refuse(t, "perm %v is not a permutation", perm)
				return nil
			}
			inverse[p] = int64(i)
		}
		return t.Transpose(dy, inverse...)
	}),
	Samples: []autodiff.Sample{
		sample("heads", "", "Transpose", []autodiff.Input{reals(2, 3, 4, 5)}, onnx.IntsAttr("perm", 0, 2, 1, 3)),
		sample("cycle", "", "Transpose", []autodiff.Input{reals(2, 3, 4)}, onnx.IntsAttr("perm", 1, 2, 0)),
		sample("reversed", "", "Transpose", []autodiff.Input{reals(2, 3, 4)}),
	},
})
