package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Domain: onnx.DomainMicrosoft, Op: "FusedMatMul", Since: 1, Broadcasts: true,
	Doc: "y = α·op(a) @ op(b), op transposing the last two axes if its flag says so: " +
		"d op(a) = α·dy @ op(b)ᵀ, d op(b) = α·op(a)ᵀ @ dy, transposed back by the order of the factors",
	Source: "ONNX Runtime com.microsoft FusedMatMul",
	VJP:    fusedMatMul,
	Samples: []autodiff.Sample{
		fusedSample("plain", []int64{2, 5, 3}, []int64{2, 3, 4}, 0, 0),
		fusedSample("transA", []int64{2, 3, 5}, []int64{2, 3, 4}, 1, 0),
		fusedSample("transB", []int64{2, 5, 3}, []int64{2, 4, 3}, 0, 1),
		fusedSample("both", []int64{3, 5}, []int64{2, 4, 3}, 1, 1),
	},
})

func fusedSample(name string, a, b []int64, transA, transB int64) autodiff.Sample {
	return sample(name, onnx.DomainMicrosoft, "FusedMatMul", []autodiff.Input{reals(a...), reals(b...)},
		onnx.IntAttr("transA", transA), onnx.IntAttr("transB", transB), onnx.FloatAttr("alpha", 0.5))
}

func fusedMatMul(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
	a, b := n.Inputs[0], n.Inputs[1]
	if n.Int("transBatchA", 0) != 0 || n.Int("transBatchB", 0) != 0 || rank(t, a) < 2 || rank(t, b) < 2 {
		refuse(t, "vectors and batch transposition have no gradient here; use Transpose and MatMul")
	}
	transA, transB := n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	fused := func(x, y *onnx.Value, transX, transY bool) *onnx.Value {
		return t.Contrib("FusedMatMul", values(x, y), onnx.FloatAttr("alpha", n.Float("alpha", 1)),
			onnx.IntAttr("transA", flag(transX)), onnx.IntAttr("transB", flag(transY)))
	}
	dx := make([]*onnx.Value, 2)
	switch {
	case need[0] && transA:
		dx[0] = fused(b, dy[0], transB, true)
	case need[0]:
		dx[0] = fused(dy[0], b, false, !transB)
	}
	switch {
	case need[1] && transB:
		dx[1] = fused(dy[0], a, true, transA)
	case need[1]:
		dx[1] = fused(a, dy[0], !transA, false)
	}
	return dx
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
