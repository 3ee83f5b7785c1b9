package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Split", Since: 13,
	Doc:    "x is cut into pieces along axis: dx = their gradients joined, zeros where none arrived",
	Source: "ONNX Split-13, 18",
	VJP: input0(func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value) *onnx.Value {
		parts := make([]*onnx.Value, len(dy))
		for i, d := range dy {
			if parts[i] = d; d == nil {
				parts[i] = zeros(t, n.Outputs[i])
			}
		}
		return t.Concat(axisOf(t, n, 0, n.Inputs[0]), parts...)
	}),
	Samples: []autodiff.Sample{
		splitSample("sizes", 0, []autodiff.Input{reals(5, 2), ints(2, 3)}, 2),
		splitSample("negative", -1, []autodiff.Input{reals(2, 6), ints(1, 2, 3)}, 3),
		{Name: "part used", Inputs: []autodiff.Input{reals(2, 6), ints(1, 2, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return t.Node("", "Split", 3, x, onnx.IntAttr("axis", 1))[1:2]
		}},
		{Name: "equal parts", Inputs: []autodiff.Input{reals(2, 6)}, Until: 17, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return t.Node("", "Split", 2, x, onnx.IntAttr("axis", 1))
		}},
		{Name: "num_outputs", Inputs: []autodiff.Input{reals(2, 5)}, Since: 18, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return t.Node("", "Split", 2, x, onnx.IntAttr("axis", 1), onnx.IntAttr("num_outputs", 2))
		}},
	},
})

// input0 wraps the gradient of input 0 of an operator with many outputs.
func input0(f func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value) *onnx.Value) func(*emit.Tape, *onnx.Node, []*onnx.Value, []bool) []*onnx.Value {
	return func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		dx := make([]*onnx.Value, len(n.Inputs))
		dx[0] = f(t, n, dy)
		return dx
	}
}

func splitSample(name string, axis int64, in []autodiff.Input, outputs int) autodiff.Sample {
	return autodiff.Sample{Name: name, Inputs: in, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
		return t.Node("", "Split", outputs, x, onnx.IntAttr("axis", axis))
	}}
}
