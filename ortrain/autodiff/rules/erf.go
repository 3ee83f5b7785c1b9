package rules

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Erf", Since: 9,
	Doc:    "y = erf x: dx = dy·2/√π·e^(−x²)",
	Source: "ONNX Erf-9, 13; Abramowitz and Stegun 7.1.1",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		x := n.Inputs[0]
		// ln(2/√π) − x² puts the factor into the exponent: one pass fewer.
		return t.Mul(dy, t.Exp(t.Sub(t.Like(x, math.Log(2/math.SqrtPi)), t.Mul(x, x))))
	}),
	Samples: unarySamples("", "Erf", reals),
})
