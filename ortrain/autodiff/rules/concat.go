package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Concat", Since: 4,
	Doc:    "y = the inputs joined along axis: their gradients are the pieces of dy",
	Source: "ONNX Concat-4, 11, 13",
	VJP:    concat,
	Samples: []autodiff.Sample{
		sample("two", "", "Concat", []autodiff.Input{reals(2, 3), reals(4, 3)}, onnx.IntAttr("axis", 0)),
		sample("negative", "", "Concat", []autodiff.Input{reals(2, 3), reals(2, 1), reals(2, 2)}, onnx.IntAttr("axis", -1)),
		sample("one", "", "Concat", []autodiff.Input{reals(2, 3)}, onnx.IntAttr("axis", 1)),
		{Name: "part wanted", Inputs: []autodiff.Input{reals(2, 3), reals(2, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			one := t.Op("ConstantOfShape", values(t.Ints(2, 2)), onnx.TensorAttr("value", onnx.NewTensor([]int64{1}, float32(1))))
			return values(t.Concat(1, x[0], castLike(t, one, x[0]), x[1]))
		}},
	},
})

func concat(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
	if len(n.Inputs) == 1 {
		return dy
	}
	axis := axisOf(t, n, 0, n.Inputs[0])
	// All pieces stay outputs, wanted or not: a Split that lacks one crashes
	// stock runtimes.
	return t.Node(onnx.DomainDefault, "Split", len(n.Inputs), values(dy[0], lengths(t, n.Inputs, axis)), onnx.IntAttr("axis", axis))
}

// lengths returns the sizes of x along axis as an int64 vector.
func lengths(t *emit.Tape, x []*onnx.Value, axis int64) *onnx.Value {
	var known []int64
	for _, v := range x {
		if int(axis) < rank(t, v) && v.Type.Shape[axis].Known() {
			known = append(known, v.Type.Shape[axis].Size)
		}
	}
	if len(known) == len(x) {
		return t.Ints(known...)
	}
	parts := make([]*onnx.Value, len(x))
	for i, v := range x {
		parts[i] = t.Gather(t.Shape(v), t.Ints(axis), 0)
	}
	return t.Concat(0, parts...)
}
