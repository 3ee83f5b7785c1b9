package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Op: "Gelu", Since: 20,
	Doc: "y = x·Φ(x): dx = dy·(Φ(x) + x·φ(x)) with the normal distribution Φ and its density φ; " +
		"approximate=tanh: the derivative of FastGelu",
	Source: "ONNX Gelu-20; Hendrycks and Gimpel 2016; ONNX Runtime emits com.microsoft GeluGrad(dY, X) and FastGeluGrad(dY, X)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		if n.Str("approximate", "none") == "tanh" {
			return t.Contrib("FastGeluGrad", values(dy, n.Inputs[0]))
		}
		return t.Contrib("GeluGrad", values(dy, n.Inputs[0]))
	}),
	Samples: append(unarySamples("", "Gelu", reals),
		sample("tanh", "", "Gelu", []autodiff.Input{reals(3, 4)}, onnx.StringAttr("approximate", "tanh"))),
})

var _ = register(autodiff.Rule{
	Domain: onnx.DomainMicrosoft, Op: "Gelu", Since: 1,
	Doc:    "y = x·Φ(x): dx = dy·(Φ(x) + x·φ(x))",
	Source: "ONNX Runtime com.microsoft Gelu, GeluGrad(dY, X)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		return t.Contrib("GeluGrad", values(dy, n.Inputs[0]))
	}),
	Samples: unarySamples(onnx.DomainMicrosoft, "Gelu", reals),
})
