package ref

// Add-7, -13, -14: C = A + B with broadcasting.
var _ = register("", "Add", "N N", arithmetic(plus, plus))
