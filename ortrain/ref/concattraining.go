package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.ConcatTraining-1: Concat, and the sizes along axis of the
// inputs.
var _ = register(onnx.DomainMicrosoft, "ConcatTraining", "T...", func(c *Call) ([]*Tensor, error) {
	out, err := c.concat()
	if err != nil {
		return nil, err
	}
	axis, err := normal(c.Node.Int("axis", 0), len(out.Dims))
	if err != nil {
		return nil, err
	}
	sizes := Ints([]int64{int64(len(c.in))})
	for _, t := range c.in {
		sizes.I = append(sizes.I, t.Dims[axis])
	}
	return []*Tensor{out, sizes}, nil
})
