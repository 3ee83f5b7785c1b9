package ref

// Xor-7: A ≠ B with broadcasting.
var _ = register("", "Xor", "bool bool", logical(func(x, y int64) int64 { return x ^ y }))
