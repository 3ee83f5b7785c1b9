package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "BroadcastGradientArgs",
	Doc: "a_axes, b_axes = the axes of a broadcast result over which the gradient of a, b must be summed: " +
		"those that the shape lacks or has as 1 where the other has more; ascending here, descending in the kernel",
	Source: "training_op_defs.cc BroadcastGradientArgs",
	Inputs: []string{"a_shape", "b_shape"}, Outputs: []string{"a_axes", "b_axes"},
	body: func(c *call) []*onnx.Value {
		a, b := c.broadcastAxes(c.in[0], c.in[1])
		return values(a, b)
	},
})

func (c *call) broadcastAxes(a, b *onnx.Value) (aAxes, bAxes *onnx.Value) {
	m, n := c.Shape(a), c.Shape(b) // [1] each: the ranks
	rank := c.Op("Max", values(m, n))
	lacking := c.Int(-1)
	aligned := func(s, r *onnx.Value) *onnx.Value {
		return c.Op("Pad", values(s, c.Concat(0, c.Sub(rank, r), c.Ints(0)), lacking))
	}
	a, b = aligned(a, m), aligned(b, n)
	axes := func(s, other *onnx.Value) *onnx.Value {
		short := c.Op("Or", values(c.Equal(s, lacking), c.Equal(s, c.Int(1))))
		stretched := c.Op("And", values(short, c.Op("Not", values(c.Equal(s, other)))))
		there := c.Op("Not", values(c.Equal(other, lacking)))
		return c.Reshape(c.Op("NonZero", values(c.Op("And", values(stretched, there)))), -1)
	}
	return axes(a, b), axes(b, a)
}
