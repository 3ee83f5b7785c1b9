package ref

import (
	"fmt"
	"slices"
)

// Reshape-5, -13, -14, -19, -21: the same elements under other sizes; -1 is
// worked out, 0 keeps the size of that axis unless allowzero is set.
var _ = register("", "Reshape", "any int", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	target, err := c.vector(1)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(target)
	open := -1
	for i, d := range dims {
		switch {
		case d == 0 && c.Node.Int("allowzero", 0) == 0:
			if i >= len(x.Dims) {
				return nil, fmt.Errorf("size 0 keeps axis %d of %s: %w", i, x, ErrInput)
			}
			dims[i] = x.Dims[i]
		case d == -1 && open < 0:
			open, dims[i] = i, 1
		}
	}
	rest, err := count(dims)
	if err != nil {
		return nil, err
	}
	if open >= 0 {
		if rest == 0 || int64(x.Len())%rest != 0 {
			return nil, fmt.Errorf("%s does not divide into %v: %w", x, target, ErrInput)
		}
		dims[open] = int64(x.Len()) / rest
	}
	return one(c.view(x, dims))
})
