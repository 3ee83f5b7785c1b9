package ref

// Sub-7, -13, -14: C = A − B with broadcasting.
var _ = register("", "Sub", "N N", arithmetic(minus, minus))
