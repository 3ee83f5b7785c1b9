package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.SkipLayerNormalization-1 of (input, skip, gamma, beta, bias):
// LayerNormalization over the last axis of input + skip + bias. The outputs are
// the result, mean, inverse deviation and the sum that was normalised.
var _ = register(onnx.DomainMicrosoft, "SkipLayerNormalization", "float float float float? float?", func(c *Call) ([]*Tensor, error) {
	sum, err := c.binary(c.In(0), c.In(1), plus, nil)
	if err != nil {
		return nil, err
	}
	if bias := c.In(4); bias != nil {
		if sum, err = c.binary(sum, bias, plus, nil); err != nil {
			return nil, err
		}
	}
	n, err := c.normalisation(sum, c.In(2), c.In(3))
	if err != nil {
		return nil, err
	}
	mean, inv, err := n.moments(c, float64(c.Node.Float("epsilon", 1e-12)), true)
	if err != nil {
		return nil, err
	}
	y, err := n.apply(c, mean, inv)
	return []*Tensor{y, mean, inv, sum}, err
})
