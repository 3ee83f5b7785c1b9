package ref

import (
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// NonZero-9, -13: the positions of the elements that are not zero, one a column.
var _ = register("", "NonZero", "any", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	if err := c.spend(int64(x.Len())); err != nil {
		return nil, err
	}
	var found [][]int64
	walk(x.Dims, func(k int, at []int64) {
		if x.at(k) != 0 {
			found = append(found, slices.Clone(at))
		}
	})
	n := len(found)
	out, err := c.New(onnx.Int64, []int64{int64(len(x.Dims)), int64(n)})
	if err != nil {
		return nil, err
	}
	for j, at := range found {
		for i, a := range at {
			out.I[i*n+j] = a
		}
	}
	return one(out, nil)
})
