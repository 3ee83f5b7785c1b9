package ref

import "math"

// Atan-7: Y = arctan X.
var _ = register("", "Atan", "F", unary(math.Atan))
