package ref

import (
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Shape-1, -13, -15 (start, end), -19, -21: the sizes of X.
var _ = register("", "Shape", "any", func(c *Call) ([]*Tensor, error) {
	dims := c.In(0).Dims
	n := int64(len(dims))
	clamp := func(i int64) int64 {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	start, end := clamp(c.Node.Int("start", 0)), clamp(c.Node.Int("end", n))
	part := slices.Clone(dims[start:max(start, end)])
	return one(&Tensor{DType: onnx.Int64, Dims: []int64{int64(len(part))}, I: append([]int64{}, part...)}, nil)
})
