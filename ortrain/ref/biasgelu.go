package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.BiasGelu-1: GELU at A + B.
var _ = register(onnx.DomainMicrosoft, "BiasGelu", "F F", func(c *Call) ([]*Tensor, error) {
	x, err := c.binary(c.In(0), c.In(1), plus, plus)
	if err != nil {
		return nil, err
	}
	return one(c.mapped(x, gelu))
})
