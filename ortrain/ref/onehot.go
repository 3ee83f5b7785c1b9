package ref

import (
	"fmt"
	"math"
	"slices"
)

// OneHot-9, -11: values[1] where the position along the new axis is the index,
// values[0] elsewhere; an index outside −depth … depth−1 is nowhere.
var _ = register("", "OneHot", "number number any", func(c *Call) ([]*Tensor, error) {
	ix, values := c.In(0), c.In(2)
	size, err := c.scalar(1, 0)
	if err != nil {
		return nil, err
	}
	if size < 1 || size > math.MaxInt32 || values.Len() != 2 {
		return nil, fmt.Errorf("depth %g, values %s: %w", size, values, ErrInput)
	}
	depth := int64(size)
	axis, err := normal(c.Node.Int("axis", -1), len(ix.Dims)+1)
	if err != nil {
		return nil, err
	}
	from := slices.Insert(strides(ix.Dims), axis, 0)
	return one(c.pick(values, slices.Insert(slices.Clone(ix.Dims), axis, depth), func(at []int64) int {
		i := int64(ix.at(offset(at, from)))
		if i < 0 {
			i += depth
		}
		return int(flag(i == at[axis]))
	}))
})
