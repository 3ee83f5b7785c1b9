package ref

import "math"

// ReduceMin-1, -11, -12, -13 (attribute axes), -18 (input axes), -20: the
// smallest; of nothing, the largest number of the type.
var _ = register("", "ReduceMin", "any int?", reduction(reducer{
	func(x []float64) float64 {
		m := math.Inf(1)
		for _, v := range x {
			m = min(m, v)
		}
		return m
	},
	func(x []int64) int64 {
		m := int64(math.MaxInt64)
		for _, v := range x {
			m = min(m, v)
		}
		return m
	}}))
