package ref

// Reciprocal-6, -13: Y = 1/X.
var _ = register("", "Reciprocal", "F", unary(func(x float64) float64 { return 1 / x }))
