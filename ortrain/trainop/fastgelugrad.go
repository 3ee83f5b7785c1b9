package trainop

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "FastGeluGrad",
	Doc:    "u = a·X + a·g·X³, t = tanh u, dX = dY·½(1 + t + (1 − t²)·X·du/dX) with a = √(2/π), g = 0.044715",
	Source: "training_op_defs.cc FastGeluGrad",
	Inputs: []string{"dY", "X"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		return values(c.Mul(c.in[0], c.fastGeluSlope(c.in[1])))
	},
})

// fastGeluSlope uses σ(2u) = ½(1 + tanh u), with which the slope is
// σ·(1 + (1 − σ)·2X·du/dX), and 2X·du/dX = X·(3v − 4a) where v = 2u/X.
func (c *call) fastGeluSlope(x *onnx.Value) *onnx.Value {
	const g = 0.044715
	a := math.Sqrt(2 / math.Pi)
	v := c.Add(c.Mul(c.Mul(x, x), c.Like(x, 2*a*g)), c.Like(x, 2*a))
	s := c.Sigmoid(c.Mul(x, v))
	slope := c.Mul(x, c.Sub(c.Mul(v, c.Like(x, 3)), c.Like(x, 4*a)))
	return c.Mul(s, c.Add(c.Mul(c.Sub(c.Like(x, 1), s), slope), c.Like(x, 1)))
}

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "BiasFastGeluGrad_dX",
	Doc:    "FastGeluGrad at X + B",
	Source: "training_op_defs.cc BiasFastGeluGrad_dX",
	Inputs: []string{"dY", "X", "B"}, Outputs: []string{"dX"},
	body: func(c *call) []*onnx.Value {
		return values(c.Mul(c.in[0], c.fastGeluSlope(c.Add(c.in[1], c.in[2]))))
	},
})
