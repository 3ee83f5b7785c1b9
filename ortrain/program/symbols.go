package program

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// match binds the symbols of an input's declared shape to the sizes fed.
func match(v *onnx.Value, dims []int64, symbols map[string]int64) error {
	shape := v.Type.Shape
	if shape == nil {
		return nil
	}
	if len(shape) != len(dims) {
		return fmt.Errorf("program: input %v was fed %v", v, dims)
	}
	for i, d := range shape {
		if d.Known() {
			if d.Size != dims[i] {
				return fmt.Errorf("program: input %v was fed %v", v, dims)
			}
			continue
		}
		if d.Param == "" {
			continue
		}
		if bound, ok := symbols[d.Param]; ok && bound != dims[i] {
			return fmt.Errorf("program: input %v was fed %v, but %s is %d in another input", v, dims, d.Param, bound)
		}
		symbols[d.Param] = dims[i]
	}
	return nil
}

// derive adds the sizes that are products of others: the B·S rows of a
// rectangle.
func derive(symbols map[string]int64) {
	b, hasB := symbols["B"]
	s, hasS := symbols["S"]
	if _, has := symbols["BS"]; !has && hasB && hasS {
		symbols["BS"] = b * s
	}
}

// resolve returns the sizes of a shape, and whether all are known.
func resolve(shape onnx.Shape, symbols map[string]int64) ([]int64, bool) {
	if shape == nil {
		return nil, false
	}
	dims := make([]int64, len(shape))
	for i, d := range shape {
		switch n, ok := symbols[d.Param]; {
		case d.Known():
			dims[i] = d.Size
		case ok:
			dims[i] = n
		default:
			return nil, false
		}
	}
	return dims, true
}

// fill copies a feed into a tensor of its shape.
func fill(t *ort.Tensor, f Feed) error {
	n := 0
	switch {
	case f.Float32 != nil:
		n = copy(t.Float32s(), f.Float32)
	case f.Int64 != nil:
		n = copy(t.Int64s(), f.Int64)
	case f.Int32 != nil:
		n = copy(t.Int32s(), f.Int32)
	case f.Uint8 != nil:
		n = copy(t.Uint8s(), f.Uint8)
	}
	if n != t.Len() {
		return fmt.Errorf("%d elements of another type or number were fed; %d are needed", f.Len(), t.Len())
	}
	return nil
}
