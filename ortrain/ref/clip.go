package ref

import "fmt"

// Clip-6 (attributes min, max), -11, -12, -13 (inputs): min(max(X, low), high).
var _ = register("", "Clip", "N N? N?", func(c *Call) ([]*Tensor, error) {
	x, low, high := c.In(0), c.In(1), c.In(2)
	if a := c.Node.Attr("min"); a != nil {
		low = Floats(nil, float64(a.Float))
	}
	if a := c.Node.Attr("max"); a != nil {
		high = Floats(nil, float64(a.Float))
	}
	for _, bound := range []*Tensor{low, high} {
		if bound != nil && (bound.Len() != 1 || (bound.F != nil) != (x.F != nil)) {
			return nil, fmt.Errorf("bound %s for %s: %w", bound, x, ErrInput)
		}
	}
	var err error
	if low != nil {
		if x, err = c.clipped(x, low, larger, func(x, y int64) int64 { return max(x, y) }); err != nil {
			return nil, err
		}
	}
	if high != nil {
		if x, err = c.clipped(x, high, smaller, func(x, y int64) int64 { return min(x, y) }); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
})

// clipped takes the only element of bound as a scalar, whatever its rank.
func (c *Call) clipped(x, bound *Tensor, f func(x, y float64) float64, g func(x, y int64) int64) (*Tensor, error) {
	return c.binary(x, &Tensor{DType: x.DType, F: bound.F, I: bound.I}, f, g)
}
