package ref

import "math"

// Sqrt-6, -13: Y = √X.
var _ = register("", "Sqrt", "F", unary(math.Sqrt))
