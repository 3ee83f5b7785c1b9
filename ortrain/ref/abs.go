package ref

import "math"

// Abs-6, -13: Y = |X|.
var _ = register("", "Abs", "N", unaryNumber(math.Abs, func(x int64) int64 { return max(x, -x) }))
