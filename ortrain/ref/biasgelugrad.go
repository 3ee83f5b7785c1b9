package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.BiasGeluGrad_dX-1 and BiasFastGeluGrad_dX-1 of (dY, X, B): the
// gradient of the activation at X + B.
var (
	_ = register(onnx.DomainMicrosoft, "BiasGeluGrad_dX", "F F F", biased(geluGrad))
	_ = register(onnx.DomainMicrosoft, "BiasFastGeluGrad_dX", "F F F", biased(fastGeluGrad))
)

func biased(f func(dy, x float64) float64) Func {
	return func(c *Call) ([]*Tensor, error) {
		x, err := c.binary(c.In(1), c.In(2), plus, nil)
		if err != nil {
			return nil, err
		}
		return one(c.binary(c.In(0), x, f, nil))
	}
}
