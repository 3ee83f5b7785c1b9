package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Domain: onnx.DomainMicrosoft, Op: "BiasGelu", Since: 1, Broadcasts: true,
	Doc:    "y = gelu(x + b): dx = dy·gelu'(x + b), db = Σ dx",
	Source: "ONNX Runtime com.microsoft BiasGelu, BiasGeluGrad_dX(dY, X, B)",
	VJP:    biasVJP("GeluGrad", "BiasGeluGrad_dX"),
	Samples: []autodiff.Sample{
		sample("matrix", onnx.DomainMicrosoft, "BiasGelu", []autodiff.Input{reals(3, 4), reals(4)}),
		sample("rank 3", onnx.DomainMicrosoft, "BiasGelu", []autodiff.Input{reals(2, 3, 4), reals(4)}),
	},
})

// biasVJP is the gradient of an activation whose optional input 1 is added to
// its input 0: plain or with that bias, whose gradient the driver sums.
func biasVJP(plain, bias string) func(*emit.Tape, *onnx.Node, []*onnx.Value, []bool) []*onnx.Value {
	return func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		if n.Input(1) == nil {
			dx := make([]*onnx.Value, len(n.Inputs))
			dx[0] = t.Contrib(plain, values(dy[0], n.Inputs[0]))
			return dx
		}
		dx := t.Contrib(bias, values(dy[0], n.Inputs[0], n.Inputs[1]))
		return values(dx, dx)
	}
}
