package ref

// ReduceMean-1, -11, -13 (attribute axes), -18 (input axes): the mean.
var _ = register("", "ReduceMean", "N int?", reduction(reducer{average, func(x []int64) int64 {
	return total(x) / max(1, int64(len(x)))
}}))
