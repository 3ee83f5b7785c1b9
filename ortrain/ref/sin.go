package ref

import "math"

// Sin-7: Y = sin X.
var _ = register("", "Sin", "F", unary(math.Sin))
