package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.Scale-1 of (input, scale): input·s, or input·(1/s) with
// scale_down.
var _ = register(onnx.DomainMicrosoft, "Scale", "float number", func(c *Call) ([]*Tensor, error) {
	s, err := c.scalar(1, 1)
	if err != nil {
		return nil, err
	}
	if c.Node.Int("scale_down", 0) != 0 {
		s = 1 / s
	}
	return one(c.mapped(c.In(0), func(x float64) float64 { return x * s }))
})
