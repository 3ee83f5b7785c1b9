package ref

import (
	"fmt"
	"slices"
)

// Squeeze-1, -11 (attribute axes), -13, -21 (input axes): without the given
// axes of size 1, or without all of them.
var _ = register("", "Squeeze", "any int?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	given, err := c.axes(1)
	if err != nil {
		return nil, err
	}
	axes, err := normals(given, len(x.Dims))
	if err != nil {
		return nil, err
	}
	dims := []int64{}
	for i, d := range x.Dims {
		drop := d == 1
		if given != nil {
			drop = slices.Contains(axes, i)
		}
		switch {
		case drop && d != 1:
			return nil, fmt.Errorf("axis %d of %s: %w", i, x, ErrInput)
		case !drop:
			dims = append(dims, d)
		}
	}
	return one(c.view(x, dims))
})
