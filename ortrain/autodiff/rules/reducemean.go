package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "ReduceMean", Since: 1,
	Doc:    "y = Σ x over axes / number of them: dx = dy·(elements of y/elements of x), stretched to the shape of x",
	Source: "ONNX ReduceMean-1, 11, 13 (axes as an attribute), 18 (as an input)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		x, y := n.Inputs[0], n.Outputs[0]
		return unreduce(t, n, t.Mul(dy, ratio(t, y, x)))
	}),
	Samples: append(reduceSamples("ReduceMean"), meanSample("keep", true), meanSample("drop", false)),
})

// ratio returns the number of elements of y over that of x, in the type of x.
func ratio(t *emit.Tape, y, x *onnx.Value) *onnx.Value {
	if x.Type.Shape.Known() && y.Type.Shape.Known() {
		return t.Like(x, float64(elements(y))/float64(elements(x)))
	}
	size := func(v *onnx.Value) *onnx.Value { return t.Cast(t.Op("Size", values(v)), x.Type.DType) }
	return t.Div(size(y), size(x))
}

func elements(v *onnx.Value) int64 {
	n := int64(1)
	for _, d := range v.Type.Shape {
		n *= d.Size
	}
	return n
}

func meanSample(name string, keep bool) autodiff.Sample {
	return autodiff.Sample{Name: name, Inputs: []autodiff.Input{reals(2, 3, 4)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
		return values(t.ReduceMean(x[0], keep, 0, -1))
	}}
}
