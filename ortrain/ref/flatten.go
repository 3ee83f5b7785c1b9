package ref

import "fmt"

// Flatten-1, -9, -11, -13, -21: a matrix of the axes before axis and the others.
var _ = register("", "Flatten", "any", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	axis := c.Node.Int("axis", 1)
	if axis < 0 {
		axis += int64(len(x.Dims))
	}
	if axis < 0 || axis > int64(len(x.Dims)) {
		return nil, fmt.Errorf("axis %d of %s: %w", axis, x, ErrInput)
	}
	return one(c.view(x, []int64{product(x.Dims[:axis]), product(x.Dims[axis:])}))
})
