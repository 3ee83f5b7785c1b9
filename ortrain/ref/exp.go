package ref

import "math"

// Exp-6, -13: Y = e^X.
var _ = register("", "Exp", "F", unary(math.Exp))
