package ref

import (
	"fmt"
	"slices"
)

// ScatterElements-11, -13 (replacing), -16 (add, mul), -18 (max, min): X with
// the updates put in, or combined with what is there, where the indices point.
// Scatter-9 is its older name.
var (
	_ = register("", "ScatterElements", "T int T", scatterElements)
	_ = register("", "Scatter", "T int T", scatterElements)
)

func scatterElements(c *Call) ([]*Tensor, error) {
	x, ix, updates := c.In(0), c.In(1), c.In(2)
	place, err := c.elements(x.Dims, ix)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(ix.Dims, updates.Dims) {
		return nil, fmt.Errorf("updates %s for indices %s: %w", updates, ix, ErrInput)
	}
	combine, err := c.reduction()
	if err != nil {
		return nil, err
	}
	out, err := c.pick(x, x.Dims, identityPlace(x.Dims))
	if err != nil {
		return nil, err
	}
	walk(ix.Dims, func(k int, at []int64) { combine(out, place(at), updates, k) })
	return one(out, nil)
}

func identityPlace(dims []int64) func(at []int64) int {
	own := strides(dims)
	return func(at []int64) int { return offset(at, own) }
}

// reduction returns what attribute reduction says is done with element j of the
// updates at place k.
func (c *Call) reduction() (func(out *Tensor, k int, updates *Tensor, j int), error) {
	kind, err := c.text("reduction", "none", "none", "add", "mul", "max", "min")
	if err != nil {
		return nil, err
	}
	if kind == "none" {
		return func(out *Tensor, k int, updates *Tensor, j int) { out.set(k, updates, j) }, nil
	}
	return func(out *Tensor, k int, updates *Tensor, j int) {
		if out.F != nil {
			out.F[k] = combined(kind, out.F[k], updates.F[j])
		} else {
			out.I[k] = wrap(out.DType, combined(kind, out.I[k], updates.I[j]))
		}
	}, nil
}

func combined[T int64 | float64](kind string, x, y T) T {
	switch kind {
	case "add":
		return x + y
	case "mul":
		return x * y
	case "max":
		return max(x, y)
	}
	return min(x, y)
}
