package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Div", Since: 7, Broadcasts: true,
	Doc:    "y = a/b: da = dy/b, db = −dy/b·y",
	Source: "ONNX Div-7, 13, 14",
	VJP: func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value {
		da := t.Div(dy[0], n.Inputs[1])
		dx := values(da, nil)
		if need[1] {
			dx[1] = t.Neg(t.Mul(da, n.Outputs[0]))
		}
		return dx
	},
	Samples: binarySamples("Div", reals, positive),
})
