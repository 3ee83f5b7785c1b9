package ref

import (
	"fmt"
	"math"
	"slices"
)

// Slice-1 (attributes starts, ends, axes), -10, -11, -13 (inputs starts, ends,
// axes, steps): every step-th entry from start up to end, which is excluded.
var _ = register("", "Slice", "any int? int? int? int?", func(c *Call) ([]*Tensor, error) {
	x := c.In(0)
	region, err := c.region(x.Dims, 1)
	if err != nil {
		return nil, err
	}
	return one(c.pick(x, region.dims, region.place(x.Dims)))
})

// region is what a slice cuts out: sizes, first entry and step of every axis.
type region struct{ dims, start, step []int64 }

// region reads starts, ends, axes and steps from the inputs from first on, or
// from attributes.
func (c *Call) region(dims []int64, first int) (*region, error) {
	var list [4][]int64
	for i := range list {
		var err error
		if list[i], err = c.vector(first + i); err != nil {
			return nil, err
		}
	}
	starts, ends, axes, steps := list[0], list[1], list[2], list[3]
	if a := c.Node.Ints("starts"); a != nil {
		starts, ends, axes = a, c.Node.Ints("ends"), c.Node.Ints("axes")
	}
	if axes == nil {
		for i := range starts {
			axes = append(axes, int64(i))
		}
	}
	if starts == nil || len(starts) != len(ends) || len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
		return nil, fmt.Errorf("starts %v, ends %v, axes %v, steps %v: %w", starts, ends, axes, steps, ErrInput)
	}
	at, err := normals(axes, len(dims))
	if err != nil {
		return nil, err
	}
	r := &region{dims: slices.Clone(dims), start: make([]int64, len(dims)), step: slices.Repeat([]int64{1}, len(dims))}
	for i, axis := range at {
		step := int64(1)
		if steps != nil {
			step = steps[i]
		}
		if step == 0 || step == math.MinInt64 {
			return nil, fmt.Errorf("step %d: %w", step, ErrInput)
		}
		r.start[axis], r.step[axis] = sliceStart(starts[i], dims[axis], step), step
		r.dims[axis] = sliceLen(r.start[axis], ends[i], dims[axis], step)
	}
	return r, nil
}

// sliceStart clamps a start to the entries of an axis of n.
func sliceStart(start, n, step int64) int64 {
	if start < 0 {
		start += n
	}
	if step > 0 {
		return min(max(start, 0), n)
	}
	return min(max(start, 0), n-1)
}

// sliceLen counts the entries from a clamped start to end.
func sliceLen(start, end, n, step int64) int64 {
	if end < 0 {
		end += n
	}
	if step > 0 {
		if left := min(max(end, 0), n) - start; left > 0 {
			return (left-1)/step + 1
		}
		return 0
	}
	if left := start - min(max(end, -1), n-1); left > 0 {
		return (left-1)/-step + 1
	}
	return 0
}

// place returns where in a tensor of dims a position of the region lies.
func (r *region) place(dims []int64) func(at []int64) int {
	own := strides(dims)
	first := offset(r.start, own)
	for i := range own {
		own[i] *= r.step[i]
	}
	return func(at []int64) int { return first + offset(at, own) }
}
