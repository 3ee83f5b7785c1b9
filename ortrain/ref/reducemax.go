package ref

import "math"

// ReduceMax-1, -11, -12, -13 (attribute axes), -18 (input axes), -20: the
// largest; of nothing, the smallest number of the type.
var _ = register("", "ReduceMax", "any int?", reduction(reducer{
	func(x []float64) float64 {
		m := math.Inf(-1)
		for _, v := range x {
			m = max(m, v)
		}
		return m
	},
	func(x []int64) int64 {
		m := int64(math.MinInt64)
		for _, v := range x {
			m = max(m, v)
		}
		return m
	}}))
