package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.QuickGeluGrad-1 of (dY, X): with s = σ(alpha·X),
// dX = dY·s·(1 + alpha·X·(1 − s)).
var _ = register(onnx.DomainMicrosoft, "QuickGeluGrad", "F F", func(c *Call) ([]*Tensor, error) {
	alpha := float64(c.Node.Float("alpha", quickGeluAlpha))
	return one(c.binary(c.In(0), c.In(1), func(dy, x float64) float64 {
		s := sigmoid(alpha * x)
		return dy * s * (1 + alpha*x*(1-s))
	}, nil))
})
