package ref

import "slices"

// Unsqueeze-1, -11 (attribute axes), -13, -21 (input axes): with axes of size 1
// at the given places of the result.
var _ = register("", "Unsqueeze", "any int?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	given, err := c.axes(1)
	if err != nil {
		return nil, err
	}
	axes, err := normals(given, len(x.Dims)+len(given))
	if err != nil {
		return nil, err
	}
	slices.Sort(axes)
	dims := slices.Clone(x.Dims)
	for _, a := range axes {
		dims = slices.Insert(dims, a, 1)
	}
	return one(c.view(x, dims))
})
