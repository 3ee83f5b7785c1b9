package ref

import "math"

// Softplus-1: Y = ln(1 + e^X).
var _ = register("", "Softplus", "F", unary(func(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}))
