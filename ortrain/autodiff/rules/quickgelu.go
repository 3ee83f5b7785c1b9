package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

var _ = register(autodiff.Rule{
	Domain: onnx.DomainMicrosoft, Op: "QuickGelu", Since: 1,
	Doc:    "y = x·σ(αx): dx = dy·s·(1 + αx·(1 − s)) with s = σ(αx)",
	Source: "ONNX Runtime com.microsoft QuickGelu, QuickGeluGrad(dY, X)",
	VJP: unary(func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value {
		const alpha = 1.702
		return t.Contrib("QuickGeluGrad", values(dy, n.Inputs[0]), onnx.FloatAttr("alpha", n.Float("alpha", alpha)))
	}),
	Samples: append(unarySamples(onnx.DomainMicrosoft, "QuickGelu", reals),
		sample("alpha", onnx.DomainMicrosoft, "QuickGelu", []autodiff.Input{reals(2, 3)}, onnx.FloatAttr("alpha", 1.5))),
})
