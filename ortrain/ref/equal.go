package ref

// Equal-7, -11, -13, -19: A = B with broadcasting.
var _ = register("", "Equal", "T T", comparison(
	func(x, y float64) bool { return x == y },
	func(x, y int64) bool { return x == y }))
