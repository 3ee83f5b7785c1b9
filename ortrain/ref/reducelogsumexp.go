package ref

import "math"

// ReduceLogSumExp-1, -11, -13 (attribute axes), -18 (input axes): ln Σe^x.
var _ = register("", "ReduceLogSumExp", "F int?", reduction(reducer{float: logSumExp}))

// logSumExp subtracts the largest element before it takes powers.
func logSumExp(x []float64) float64 {
	m := math.Inf(-1)
	for _, v := range x {
		m = max(m, v)
	}
	if math.IsInf(m, 0) {
		return m
	}
	s := 0.0
	for _, v := range x {
		s += math.Exp(v - m)
	}
	return m + math.Log(s)
}
