package ref

// Or-7: A ∨ B with broadcasting.
var _ = register("", "Or", "bool bool", logical(func(x, y int64) int64 { return x | y }))
