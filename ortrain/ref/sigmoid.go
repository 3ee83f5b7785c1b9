package ref

import "math"

// Sigmoid-6, -13: Y = 1/(1 + e^−X).
var _ = register("", "Sigmoid", "F", unary(sigmoid))

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
