package trainop

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "GeluGrad",
	Doc:    "dX = dY·(Φ(X) + X·φ(X)), Φ and φ the normal distribution and its density",
	Source: "training_op_defs.cc GeluGrad; Hendrycks and Gimpel 2016",
	Inputs: []string{"dY", "X"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		return values(c.Mul(c.in[0], c.geluSlope(c.in[1])))
	},
})

// geluSlope appends Φ(x) + x·φ(x) in eight elementwise passes. With s = x/√2 it
// is ½(1 + erf s) + s·e^(−s²)/√π: HardSigmoid does ½(1 + …) in one pass, exactly,
// since erf never leaves [−1, 1], and ln(1/√π) in the exponent saves the factor.
func (c *call) geluSlope(x *onnx.Value) *onnx.Value {
	s := c.Mul(x, c.Like(x, math.Sqrt2/2))
	half := c.Op("HardSigmoid", values(c.Erf(s)), onnx.FloatAttr("alpha", 0.5), onnx.FloatAttr("beta", 0.5))
	density := c.Exp(c.Sub(c.Like(x, -math.Log(math.Pi)/2), c.Mul(s, s)))
	return c.Add(half, c.Mul(s, density))
}

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "BiasGeluGrad_dX",
	Doc:    "GeluGrad at X + B",
	Source: "training_op_defs.cc BiasGeluGrad_dX",
	Inputs: []string{"dY", "X", "B"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		return values(c.Mul(c.in[0], c.geluSlope(c.Add(c.in[1], c.in[2]))))
	},
})
