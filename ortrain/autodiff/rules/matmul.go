package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "MatMul", Since: 9, Broadcasts: true,
	Doc: "y = a @ b: da = dy @ bᵀ, db = aᵀ @ dy, summed over broadcast batch axes by the driver; " +
		"for a [...,M,K] and b [K,N] the sum is part of one product over flattened a and dy",
	Source: "ONNX MatMul-9, 13; ONNX Runtime emits Gemm and com.microsoft FusedMatMul in the same places",
	VJP:    matMul,
	Samples: []autodiff.Sample{
		matMulSample("matrices", []int64{2, 3}, []int64{3, 4}),
		matMulSample("batch by matrix", []int64{2, 5, 3}, []int64{3, 4}),
		matMulSample("rank 4 by matrix", []int64{2, 2, 5, 3}, []int64{3, 4}),
		matMulSample("batch", []int64{2, 5, 3}, []int64{2, 3, 4}),
		matMulSample("rank 4", []int64{2, 3, 5, 3}, []int64{2, 3, 3, 4}),
		matMulSample("broadcast batch", []int64{2, 1, 5, 3}, []int64{4, 3, 2}),
		matMulSample("matrix by batch", []int64{5, 3}, []int64{2, 3, 4}),
		matMulSample("vector by matrix", []int64{3}, []int64{3, 4}),
		matMulSample("vector by batch", []int64{3}, []int64{2, 3, 4}),
		matMulSample("matrix by vector", []int64{2, 3}, []int64{3}),
		matMulSample("batch by vector", []int64{2, 5, 3}, []int64{3}),
		matMulSample("vectors", []int64{3}, []int64{3}),
		{Name: "same value", Inputs: []autodiff.Input{reals(3, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return values(t.MatMul(x[0], x[0]))
		}},
	},
})

func matMulSample(name string, a, b []int64) autodiff.Sample {
	return sample(name, "", "MatMul", []autodiff.Input{reals(a...), reals(b...)})
}

func matMul(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
	a, b, y := n.Inputs[0], n.Inputs[1], dy[0]
	rowless, columnless := rank(t, a) == 1, rank(t, b) == 1
	// A vector counts as a matrix of one row (a) or one column (b).
	if columnless {
		b, y = t.Unsqueeze(b, -1), t.Unsqueeze(y, -1)
	}
	if rowless {
		a, y = t.Unsqueeze(a, 0), t.Unsqueeze(y, -2)
	}
	dx := make([]*onnx.Value, 2)
	if need[0] {
		dx[0] = matMulLeft(t, y, a, b)
		if rowless {
			dx[0] = t.Squeeze(dx[0], -2)
		}
	}
	if need[1] {
		dx[1] = matMulRight(t, a, y, b)
		if columnless {
			dx[1] = t.Squeeze(dx[1], -1)
		}
	}
	return dx
}

// matMulLeft appends dy @ bᵀ.
func matMulLeft(t *emit.Tape, dy, a, b *onnx.Value) *onnx.Value {
	if rank(t, a) == 2 && rank(t, b) == 2 {
		return t.Gemm(dy, b, nil, false, true)
	}
	return t.Contrib("FusedMatMul", values(dy, b), onnx.IntAttr("transB", 1))
}

// matMulRight appends aᵀ @ dy, as one product over all rows if b is a matrix.
func matMulRight(t *emit.Tape, a, dy, b *onnx.Value) *onnx.Value {
	if rank(t, b) > 2 {
		return t.Contrib("FusedMatMul", values(a, dy), onnx.IntAttr("transA", 1))
	}
	return t.Gemm(rows(t, a), rows(t, dy), nil, true, false)
}

// rows returns x as a matrix with the last axis of x.
func rows(t *emit.Tape, x *onnx.Value) *onnx.Value {
	if rank(t, x) <= 2 {
		return x
	}
	return t.Op("Flatten", values(x), onnx.IntAttr("axis", -1))
}
