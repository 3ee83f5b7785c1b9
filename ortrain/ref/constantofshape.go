package ref

import "fmt"

// ConstantOfShape-9, -20, -21: a tensor of the given sizes filled with the only
// element of attribute value, the float 0 without it.
var _ = register("", "ConstantOfShape", "int", func(c *Call) ([]*Tensor, error) {
	dims, err := c.vector(0)
	if err != nil {
		return nil, err
	}
	fill := Floats(nil, 0)
	if a := c.Node.Attr("value"); a != nil && a.Tensor != nil {
		if fill, err = FromONNX(a.Tensor); err != nil {
			return nil, err
		}
	}
	if fill.Len() != 1 {
		return nil, fmt.Errorf("value %s; one element is needed: %w", fill, ErrInput)
	}
	return one(c.pick(fill, dims, func([]int64) int { return 0 }))
})
