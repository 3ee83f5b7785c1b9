package ref

import "math"

// ReduceL2-1, -11, -13 (attribute axes), -18 (input axes): √Σx².
var _ = register("", "ReduceL2", "F int?", reduction(reducer{float: func(x []float64) float64 {
	return math.Sqrt(squares(x))
}}))
