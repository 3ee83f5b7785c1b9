package ref

import "github.com/ortrain/ortrain/ortrain/onnx"

// com.microsoft.BroadcastGradientArgs-1 of two shapes: the axes of their
// broadcast, from the last to the first, along which the gradient of the first
// and of the second is summed: those where it has size 1 and the other has not,
// and those that it lacks.
var _ = register(onnx.DomainMicrosoft, "BroadcastGradientArgs", "int int", func(c *Call) ([]*Tensor, error) {
	a, err := c.vector(0)
	if err != nil {
		return nil, err
	}
	b, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	if _, err := broadcast(a, b); err != nil {
		return nil, err
	}
	rank := max(len(a), len(b))
	summed := func(own, other []int64) *Tensor {
		axes := []int64{}
		for i := rank - 1; i >= 0; i-- {
			k, l := i-(rank-len(own)), i-(rank-len(other))
			if k < 0 || l >= 0 && own[k] == 1 && other[l] != 1 {
				axes = append(axes, int64(i))
			}
		}
		return Ints([]int64{int64(len(axes))}, axes...)
	}
	return []*Tensor{summed(a, b), summed(b, a)}, nil
})
