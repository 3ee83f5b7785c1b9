package ref

import "math"

// Erf-9, -13: Y = 2/√π·∫₀ˣ e^(−t²) dt.
var _ = register("", "Erf", "F", unary(math.Erf))
