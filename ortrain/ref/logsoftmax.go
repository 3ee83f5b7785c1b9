package ref

// LogSoftmax-1, -11 (over all axes from axis on, 1 by default) and -13 (over one
// axis, the last by default): x − ln Σe^x.
var _ = register("", "LogSoftmax", "F", func(c *Call) ([]*Tensor, error) {
	return one(c.logSoftmax(c.In(0), func(x float64) float64 { return x }))
})
