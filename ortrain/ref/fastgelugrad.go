package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.FastGeluGrad-1 of (dY, X): with t = tanh u and
// u = √(2/π)·(X + 0.044715·X³), dX = dY/2·(1 + t + X·(1 − t²)·u').
var _ = register(onnx.DomainMicrosoft, "FastGeluGrad", "F F", arithmetic(fastGeluGrad, nil))

func fastGeluGrad(dy, x float64) float64 {
	t := math.Tanh(fastGeluArgument(x))
	slope := math.Sqrt(2/math.Pi) * (1 + 3*fastGeluCubic*x*x)
	return dy / 2 * (1 + t + x*(1-t*t)*slope)
}
