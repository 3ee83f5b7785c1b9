package ref

// Relu-6, -13, -14: Y = max(0, X).
var _ = register("", "Relu", "N", unaryNumber(
	func(x float64) float64 { return max(0, x) },
	func(x int64) int64 { return max(0, x) }))
