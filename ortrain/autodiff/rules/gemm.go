package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Gemm", Since: 11, Broadcasts: true,
	Doc:    "y = α·op(a) @ op(b) + β·c: da and db as for FusedMatMul, dc = β·dy summed to the shape of c",
	Source: "ONNX Gemm-11, 13",
	VJP:    gemm,
	Samples: []autodiff.Sample{
		gemmSample("plain", []int64{2, 3}, []int64{3, 4}, nil, 0, 0, 1, 1),
		gemmSample("linear layer", []int64{2, 3}, []int64{4, 3}, []int64{4}, 0, 1, 1, 1),
		gemmSample("transA", []int64{3, 2}, []int64{3, 4}, []int64{2, 4}, 1, 0, 0.5, 1),
		gemmSample("both", []int64{3, 2}, []int64{4, 3}, []int64{2, 1}, 1, 1, 2, 0.5),
		gemmSample("scalar bias", []int64{2, 3}, []int64{3, 4}, []int64{}, 0, 0, 1, 3),
	},
})

func gemmSample(name string, a, b, c []int64, transA, transB int64, alpha, beta float32) autodiff.Sample {
	in := []autodiff.Input{reals(a...), reals(b...)}
	if c != nil {
		in = append(in, reals(c...))
	}
	return sample(name, "", "Gemm", in, onnx.IntAttr("transA", transA), onnx.IntAttr("transB", transB),
		onnx.FloatAttr("alpha", alpha), onnx.FloatAttr("beta", beta))
}

func gemm(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
	a, b, y := n.Inputs[0], n.Inputs[1], dy[0]
	transA, transB := n.Int("transA", 0) != 0, n.Int("transB", 0) != 0
	product := func(p, q *onnx.Value, transP, transQ bool) *onnx.Value {
		var attrs []onnx.Attr
		if alpha := n.Float("alpha", 1); alpha != 1 {
			attrs = append(attrs, onnx.FloatAttr("alpha", alpha))
		}
		return t.Op("Gemm", values(p, q), append(attrs, onnx.IntAttr("transA", flag(transP)), onnx.IntAttr("transB", flag(transQ)))...)
	}
	dx := make([]*onnx.Value, len(n.Inputs))
	switch {
	case need[0] && transA:
		dx[0] = product(b, y, transB, true)
	case need[0]:
		dx[0] = product(y, b, false, !transB)
	}
	switch {
	case need[1] && transB:
		dx[1] = product(y, a, true, transA)
	case need[1]:
		dx[1] = product(a, y, !transA, false)
	}
	if len(need) > 2 && need[2] {
		dx[2] = y
		if beta := n.Float("beta", 1); beta != 1 {
			dx[2] = t.Mul(y, t.Like(y, float64(beta)))
		}
	}
	return dx
}
