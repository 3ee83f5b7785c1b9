package ref

// ReduceL1-1, -11, -13 (attribute axes), -18 (input axes): Σ|x|.
var _ = register("", "ReduceL1", "N int?", reduction(reducer{magnitudes[float64], magnitudes[int64]}))

func magnitudes[T int64 | float64](x []T) T {
	var s T
	for _, v := range x {
		s += max(v, -v)
	}
	return s
}
