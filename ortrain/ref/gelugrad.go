package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.GeluGrad-1 of (dY, X): dX = dY·(Φ(X) + X·φ(X)) with the normal
// distribution's Φ = (1 + erf(X/√2))/2 and φ = e^(−X²/2)/√(2π).
var _ = register(onnx.DomainMicrosoft, "GeluGrad", "F F", arithmetic(geluGrad, nil))

func geluGrad(dy, x float64) float64 {
	return dy * ((1+math.Erf(x/math.Sqrt2))/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
}
