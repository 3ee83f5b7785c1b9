package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "ReduceSum", Since: 13,
	Doc:    "y = Σ x over axes: dx = dy, stretched to the shape of x",
	Source: "ONNX ReduceSum-13",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return unreduce(t, n, dy)
	}),
	Samples: append(reduceSamples("ReduceSum"),
		sample("no axes, no operation", "", "ReduceSum", []autodiff.Input{reals(2, 3)}, onnx.IntAttr("noop_with_empty_axes", 1)),
		sample("axes", "", "ReduceSum", []autodiff.Input{reals(2, 3, 4), ints(0, -1)}, onnx.IntAttr("keepdims", 0))),
})

// unreduce stretches dy, the gradient of a reduction, to the shape of the
// reduced value.
func unreduce(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
	axes := n.Input(1)
	if a := n.Ints("axes"); a != nil {
		axes = t.Ints(a...)
	}
	if axes == nil && n.Int("noop_with_empty_axes", 0) != 0 {
		return dy
	}
	if axes != nil && n.Int("keepdims", 1) == 0 {
		dy = t.Op("Unsqueeze", values(dy, axes))
	}
	return t.Expand(dy, shapeOf(t, n.Inputs[0]))
}

// reduceSamples reduces everything.
func reduceSamples(op string) []autodiff.Sample {
	return []autodiff.Sample{
		sample("all", "", op, []autodiff.Input{reals(2, 3)}),
		sample("all to scalar", "", op, []autodiff.Input{reals(2, 3)}, onnx.IntAttr("keepdims", 0)),
	}
}
