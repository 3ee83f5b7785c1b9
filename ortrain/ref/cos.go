package ref

import "math"

// Cos-7: Y = cos X.
var _ = register("", "Cos", "F", unary(math.Cos))
