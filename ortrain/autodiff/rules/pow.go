package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Pow", Since: 12, Broadcasts: true,
	Doc: "y = x^p: dx = dy·p·x^(p−1), dp = dy·y·ln x, where the logarithm of anything that is " +
		"not positive counts as 0 (a power of such a base is differentiable in p nowhere but at 0^p, p > 0)",
	Source: "ONNX Pow-12, 13, 15",
	VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		dx := make([]*onnx.Value, 2)
		x, p := n.Inputs[0], n.Inputs[1]
		if need[0] {
			dx[0] = t.Mul(dy[0], powSlope(t, x, p))
		}
		if need[1] {
			positive := t.Op("Greater", values(x, t.Like(x, 0)))
			log := t.Log(t.Where(positive, x, t.Like(x, 1)))
			dx[1] = castLike(t, t.Mul(dy[0], t.Mul(n.Outputs[0], log)), p)
		}
		return dx
	},
	Samples: append(binarySamples("Pow", positive, reals),
		powSample("square", 2), powSample("cube", 3), powSample("root", 0.5), powSample("identity", 1), powSample("inverse", -1)),
})

// powSlope appends p·x^(p−1), as a product where a constant p allows it.
func powSlope(t *emit.Tape, x, p *onnx.Value) *onnx.Value {
	switch c, ok := constantFloat(p); {
	case ok && c == 2:
		return t.Mul(x, t.Like(x, 2))
	case ok:
		return t.Mul(t.Pow(x, t.Like(x, c-1)), t.Like(x, c))
	}
	p = castLike(t, p, x)
	return t.Mul(p, t.Pow(x, t.Sub(p, t.Like(p, 1))))
}

// castLike converts v to the element type of w if it has another.
func castLike(t *emit.Tape, v, w *onnx.Value) *onnx.Value {
	if v.Type.DType == w.Type.DType {
		return v
	}
	return t.Cast(v, w.Type.DType)
}

// powSample raises x to a constant of its own element type.
func powSample(name string, p float64) autodiff.Sample {
	return autodiff.Sample{Name: name, Inputs: []autodiff.Input{positive(2, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
		return values(t.Pow(x[0], t.Like(x[0], p)))
	}}
}
