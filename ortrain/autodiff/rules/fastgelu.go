package rules

import (
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(autodiff.Rule{
	Domain: onnx.DomainMicrosoft, Op: "FastGelu", Since: 1, Broadcasts: true,
	Doc: "u = x + b, y = u/2·(1 + tanh(√(2/π)·(u + 0.044715u³))): dx = dy·y'(u), db = Σ dx; " +
		"without b, u = x",
	Source: "ONNX Runtime com.microsoft FastGelu, FastGeluGrad(dY, X), BiasFastGeluGrad_dX(dY, X, B)",
	VJP:    biasVJP("FastGeluGrad", "BiasFastGeluGrad_dX"),
	Samples: []autodiff.Sample{ // the runtime refuses scalars
		sample("plain", onnx.DomainMicrosoft, "FastGelu", []autodiff.Input{reals(3, 4)}),
		sample("bias", onnx.DomainMicrosoft, "FastGelu", []autodiff.Input{reals(2, 3, 4), reals(4)}),
	},
})
