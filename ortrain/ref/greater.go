package ref

// Greater-7, -9, -13: A > B with broadcasting.
var _ = register("", "Greater", "N N", comparison(
	func(x, y float64) bool { return x > y },
	func(x, y int64) bool { return x > y }))
