package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.FastGelu-1: the tanh form of GELU at X + bias.
var _ = register(onnx.DomainMicrosoft, "FastGelu", "F F?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	if b := c.In(1); b != nil {
		var err error
		if x, err = c.binary(x, b, plus, plus); err != nil {
			return nil, err
		}
	}
	return one(c.mapped(x, fastGelu))
})
