package ref

// LessOrEqual-12, -16: A ≤ B with broadcasting.
var _ = register("", "LessOrEqual", "N N", comparison(
	func(x, y float64) bool { return x <= y },
	func(x, y int64) bool { return x <= y }))
