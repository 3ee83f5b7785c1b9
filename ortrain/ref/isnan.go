package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// IsNaN-9, -13, -20: whether X is not a number.
var _ = register("", "IsNaN", "float", func(c *Call) ([]*Tensor, error) {
	return one(c.test(math.IsNaN))
})

// test tells of every element whether it passes.
func (c *Call) test(pass func(x float64) bool) (*Tensor, error) {
	x := c.In(0)
	out, err := c.New(onnx.Bool, x.Dims)
	if err != nil {
		return nil, err
	}
	for k, v := range x.F {
		out.I[k] = flag(pass(v))
	}
	return out, nil
}
