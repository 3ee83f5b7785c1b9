package ref

// HardSigmoid-6: alpha·X + beta, cut off below 0 and above 1.
var _ = register("", "HardSigmoid", "F", func(c *Call) ([]*Tensor, error) {
	const defaultAlpha, defaultBeta = 0.2, 0.5
	alpha := float64(c.Node.Float("alpha", defaultAlpha))
	beta := float64(c.Node.Float("beta", defaultBeta))
	return one(c.mapped(c.In(0), func(x float64) float64 { return max(0, min(1, alpha*x+beta)) }))
})
