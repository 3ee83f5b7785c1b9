package ref

// Mul-7, -13, -14: C = A·B with broadcasting.
var _ = register("", "Mul", "N N", arithmetic(times, times))
