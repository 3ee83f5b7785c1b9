package ref

import "math"

// Log-6, -13: Y = ln X.
var _ = register("", "Log", "F", unary(math.Log))
