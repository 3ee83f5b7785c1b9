package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.ReluGrad-1 of (dY, X or Y): dX = dY where X is above 0.
var _ = register(onnx.DomainMicrosoft, "ReluGrad", "F F", arithmetic(func(dy, x float64) float64 {
	if x > 0 {
		return dy
	}
	return 0
}, nil))
