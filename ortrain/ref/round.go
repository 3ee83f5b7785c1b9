package ref

import "math"

// Round-11: the nearest integer, ties to even.
var _ = register("", "Round", "F", unary(math.RoundToEven))
