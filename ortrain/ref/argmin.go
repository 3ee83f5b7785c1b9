package ref

// ArgMin-1, -11, -12, -13: the index of the smallest element along axis, the
// first of equals unless select_last_index is set.
var _ = register("", "ArgMin", "number", argOf(func(x, best float64) bool { return x < best }))
