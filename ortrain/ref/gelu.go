package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Gelu-20: Y = X/2·(1 + erf(X/√2)), or with approximate = "tanh"
// X/2·(1 + tanh(√(2/π)·(X + 0.044715·X³))).
var _ = register("", "Gelu", "F", func(c *Call) ([]*Tensor, error) {
	kind, err := c.text("approximate", "none", "none", "tanh")
	if err != nil {
		return nil, err
	}
	if kind == "tanh" {
		return one(c.mapped(c.In(0), fastGelu))
	}
	return one(c.mapped(c.In(0), gelu))
})

// com.microsoft.Gelu-1: the exact form.
var _ = register(onnx.DomainMicrosoft, "Gelu", "F", unary(gelu))

func gelu(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }

func fastGelu(x float64) float64 { return x / 2 * (1 + math.Tanh(fastGeluArgument(x))) }

// fastGeluCubic is the coefficient of X³ in the tanh form of GELU.
const fastGeluCubic = 0.044715

func fastGeluArgument(x float64) float64 {
	return math.Sqrt(2/math.Pi) * (x + fastGeluCubic*x*x*x)
}
