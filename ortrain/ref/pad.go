package ref

import (
	"fmt"
	"math"
	"slices"
)

// Pad-2 (attributes pads, value), -11, -13 (inputs pads, value), -18 (axes),
// -19 (mode wrap), -21: X with entries added, or taken away where a pad is
// negative, at both ends of every axis.
var _ = register("", "Pad", "T int? T? int?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	mode, err := c.text("mode", "constant", "constant", "reflect", "edge", "wrap")
	if err != nil {
		return nil, err
	}
	before, dims, err := c.pads(x.Dims)
	if err != nil {
		return nil, err
	}
	if mode != "constant" && x.Len() == 0 {
		return nil, fmt.Errorf("mode %s of nothing: %w", mode, ErrInput)
	}
	own, inside := strides(x.Dims), make([]int64, len(dims))
	out, err := c.pick(x, dims, func(at []int64) int {
		for i, a := range at {
			if inside[i] = padded(mode, a-before[i], x.Dims[i]); inside[i] < 0 {
				return -1
			}
		}
		return offset(inside, own)
	})
	if err != nil || mode != "constant" {
		return one(out, err)
	}
	fill := c.In(2)
	if a := c.Node.Attr("value"); a != nil {
		fill = &Tensor{DType: x.DType, F: []float64{float64(a.Float)}}
	}
	if fill == nil {
		return one(out, nil)
	}
	if fill.Len() != 1 {
		return nil, fmt.Errorf("value %s; one element is needed: %w", fill, ErrInput)
	}
	walk(dims, func(k int, at []int64) {
		for i, a := range at {
			if padded(mode, a-before[i], x.Dims[i]) < 0 {
				out.set(k, fill, 0)
			}
		}
	})
	return one(out, nil)
})

// pads returns how much goes before each axis and the sizes of the result.
func (c *Call) pads(sizes []int64) (before, dims []int64, err error) {
	pads, err := c.vector(1)
	if err != nil {
		return nil, nil, err
	}
	if a := c.Node.Ints("pads"); a != nil {
		pads = a
	}
	given, err := c.vector(3)
	if err != nil {
		return nil, nil, err
	}
	if given == nil {
		for i := range sizes {
			given = append(given, int64(i))
		}
	}
	axes, err := normals(given, len(sizes))
	if err != nil {
		return nil, nil, err
	}
	if len(pads) != 2*len(axes) {
		return nil, nil, fmt.Errorf("pads %v for %d axes: %w", pads, len(axes), ErrInput)
	}
	before, dims = make([]int64, len(sizes)), slices.Clone(sizes)
	for i, axis := range axes {
		front, back := pads[i], pads[i+len(axes)]
		if max(front, -front, back, -back) > math.MaxInt32 || min(front, back) < -math.MaxInt32 {
			return nil, nil, fmt.Errorf("pads %v: %w", pads, ErrLimit)
		}
		before[axis] = front
		dims[axis] = max(0, sizes[axis]+front+back)
	}
	return before, dims, nil
}

// padded returns which of n entries stands at place i, -1 for none.
func padded(mode string, i, n int64) int64 {
	switch {
	case i >= 0 && i < n:
		return i
	case mode == "edge":
		return min(max(i, 0), n-1)
	case mode == "wrap":
		return ((i % n) + n) % n
	case mode == "reflect" && n == 1:
		return 0
	case mode == "reflect":
		period := 2 * (n - 1)
		i = ((i % period) + period) % period
		return min(i, period-i)
	}
	return -1
}
