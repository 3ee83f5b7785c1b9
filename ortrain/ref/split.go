package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Split-2, -11 (attribute split), -13 (input split), -18 (attribute
// num_outputs): pieces of X along axis; without sizes, equal ones but for a
// smaller last.
var _ = register("", "Split", "any int?", split)

// com.microsoft.SplitTraining-1: Split-13.
var _ = register(onnx.DomainMicrosoft, "SplitTraining", "any int", split)

func split(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	axis, err := normal(c.Node.Int("axis", 0), len(x.Dims))
	if err != nil {
		return nil, err
	}
	sizes, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	if a := c.Node.Ints("split"); a != nil {
		sizes = a
	}
	n := int64(len(c.Node.Outputs))
	if sizes == nil && n > 0 {
		left := x.Dims[axis]
		chunk := (left + n - 1) / n
		for range n {
			sizes = append(sizes, min(chunk, left))
			left -= min(chunk, left)
		}
	}
	total := int64(0)
	for _, s := range sizes {
		if s < 0 || s > x.Dims[axis]-total {
			return nil, fmt.Errorf("pieces %v of axis %d of %s: %w", sizes, axis, x, ErrInput)
		}
		total += s
	}
	if total != x.Dims[axis] || int64(len(sizes)) != n {
		return nil, fmt.Errorf("pieces %v of axis %d of %s for %d outputs: %w", sizes, axis, x, n, ErrInput)
	}
	out, own, start := make([]*Tensor, n), strides(x.Dims), 0
	for i, s := range sizes {
		dims := slices.Clone(x.Dims)
		dims[axis] = s
		if out[i], err = c.pick(x, dims, func(at []int64) int { return start + offset(at, own) }); err != nil {
			return nil, err
		}
		start += int(s * own[axis])
	}
	return out, nil
}
