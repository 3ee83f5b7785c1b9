package ref

// And-7: A ∧ B with broadcasting.
var _ = register("", "And", "bool bool", logical(func(x, y int64) int64 { return x & y }))
