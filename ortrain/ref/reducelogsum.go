package ref

import "math"

// ReduceLogSum-1, -11, -13 (attribute axes), -18 (input axes): ln Σx.
var _ = register("", "ReduceLogSum", "F int?", reduction(reducer{float: func(x []float64) float64 {
	return math.Log(total(x))
}}))
