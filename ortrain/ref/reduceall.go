package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.ReduceAllL2-1: √ of the sum of all squares of all inputs, a
// scalar.
var _ = register(onnx.DomainMicrosoft, "ReduceAllL2", "F...", func(c *Call) ([]*Tensor, error) {
	s := 0.0
	for _, t := range c.in {
		s += squares(t.F)
	}
	return one(&Tensor{DType: c.In(0).DType, Dims: []int64{}, F: []float64{math.Sqrt(s)}}, nil)
})
