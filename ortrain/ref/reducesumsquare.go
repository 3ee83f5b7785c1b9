package ref

// ReduceSumSquare-1, -11, -13 (attribute axes), -18 (input axes): Σx².
var _ = register("", "ReduceSumSquare", "N int?", reduction(reducer{squares[float64], squares[int64]}))

func squares[T int64 | float64](x []T) T {
	var s T
	for _, v := range x {
		s += v * v
	}
	return s
}
