package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.QuickGelu-1: Y = X·σ(alpha·X).
var _ = register(onnx.DomainMicrosoft, "QuickGelu", "F", func(c *Call) ([]*Tensor, error) {
	alpha := float64(c.Node.Float("alpha", quickGeluAlpha))
	return one(c.mapped(c.In(0), func(x float64) float64 { return x * sigmoid(alpha*x) }))
})

const quickGeluAlpha = 1.702
