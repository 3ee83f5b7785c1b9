package infer

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// broadcastDim returns the dimension that two broadcast dimensions give.
func broadcastDim(a, b onnx.Dim) (onnx.Dim, error) {
	switch {
	case a.Equal(b):
		return a, nil
	case a.Known() && a.Size == 1:
		return b, nil
	case b.Known() && b.Size == 1:
		return a, nil
	case a.Known() && b.Known():
		return onnx.AnyDim, fmt.Errorf("%s and %s do not broadcast: %w", a, b, ErrShape)
	case a.Known():
		return a, nil // b must be a.Size or 1
	case b.Known():
		return b, nil
	}
	return onnx.AnyDim, nil
}

// Broadcast returns the shape that ONNX's multidirectional broadcasting of two
// shapes gives: nil if either rank is unknown.
func Broadcast(a, b onnx.Shape) (onnx.Shape, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	out := a.Clone()
	lead := len(a) - len(b)
	for i, d := range b {
		m, err := broadcastDim(a[lead+i], d)
		if err != nil {
			return nil, fmt.Errorf("%s with %s: %w", a, b, err)
		}
		out[lead+i] = m
	}
	return out, nil
}

// normal turns a possibly negative axis into 0 … rank-1 (or rank, if end).
func normal(axis int64, rank int) (int, error) {
	a := axis
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fmt.Errorf("axis %d of rank %d: %w", axis, rank, ErrShape)
	}
	return int(a), nil
}

// product multiplies dimensions: a size if all are known, the symbol if all
// others are 1, unknown otherwise.
func product(dims []onnx.Dim) onnx.Dim {
	size, symbol := int64(1), onnx.Dim{}
	symbols := 0
	for _, d := range dims {
		if d.Known() {
			size *= d.Size
			continue
		}
		symbol = d
		symbols++
	}
	switch {
	case symbols == 0:
		return onnx.Fixed(size)
	case symbols == 1 && size == 1:
		return symbol
	}
	return onnx.AnyDim
}
