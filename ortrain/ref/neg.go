package ref

// Neg-6, -13: Y = −X.
var _ = register("", "Neg", "N", unaryNumber(func(x float64) float64 { return -x }, func(x int64) int64 { return -x }))
