package ref

import "math"

// Tanh-6, -13: Y = tanh X.
var _ = register("", "Tanh", "F", unary(math.Tanh))
