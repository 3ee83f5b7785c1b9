package ref

// Sign-9, -13: −1, 0 or 1; NaN stays NaN.
var _ = register("", "Sign", "N", unaryNumber(
	func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	},
	func(x int64) int64 { return flag(x > 0) - flag(x < 0) }))
