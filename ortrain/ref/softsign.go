package ref

import "math"

// Softsign-1: Y = X/(1 + |X|).
var _ = register("", "Softsign", "F", unary(func(x float64) float64 { return x / (1 + math.Abs(x)) }))
