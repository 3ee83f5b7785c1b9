package ref

import "math"

// Floor-6, -13: the largest integer that is not above X.
var _ = register("", "Floor", "F", unary(math.Floor))
