package ref

import "math"

// Ceil-6, -13: the smallest integer that is not below X.
var _ = register("", "Ceil", "F", unary(math.Ceil))
