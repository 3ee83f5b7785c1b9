package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Cast", Since: 6,
	Doc:    "y = x as another float type: dx = dy as the type of x",
	Source: "ONNX Cast-6 … 21",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		x := n.Inputs[0]
		if x.Type.DType == onnx.Undefined {
			refuse(t, "the element type of %q is unknown; declare it", x.Name)
		}
		return castLike(t, dy, x)
	}),
	Samples: []autodiff.Sample{
		sample("to double", "", "Cast", []autodiff.Input{reals(2, 3)}, onnx.IntAttr("to", int64(onnx.Double))),
		{Name: "there and back", Inputs: []autodiff.Input{reals(2, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return values(t.Cast(t.Cast(x[0], onnx.Double), x[0].Type.DType))
		}},
	},
})
