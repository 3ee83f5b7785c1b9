package infer

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

func transpose(c *Context) error {
	s := c.Shape(0)
	if s == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	perm := c.Node.Ints("perm")
	out := make(onnx.Shape, len(s))
	if perm == nil {
		for i := range s {
			out[i] = s[len(s)-1-i]
		}
	} else {
		if len(perm) != len(s) {
			return fmt.Errorf("perm %v for rank %d: %w", perm, len(s), ErrShape)
		}
		for i, p := range perm {
			a, err := normal(p, len(s))
			if err != nil {
				return err
			}
			out[i] = s[a]
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

func reshape(c *Context) error {
	in, target := c.Shape(0), c.Data(1)
	if c.Opset < 5 && c.Node.Ints("shape") != nil {
		target = constantDims(c.Node.Ints("shape"))
	}
	c.SetData(0, c.Data(0))
	if target == nil {
		var out onnx.Shape
		if s := c.Shape(1); len(s) == 1 && s[0].Known() && s[0].Size <= maxData {
			out = slices.Repeat(onnx.Shape{onnx.AnyDim}, int(s[0].Size))
		}
		c.SetTensor(0, c.In(0).DType, out)
		return nil
	}
	out, open, err := reshaped(in, target, c.Node.Int("allowzero", 0) != 0)
	if err != nil {
		return err
	}
	if open >= 0 && in != nil {
		rest := append(append(onnx.Shape{}, out[:open]...), out[open+1:]...)
		d, err := quotient(in, rest)
		if err != nil {
			return err
		}
		out[open] = d
	} else if in.Known() && out.Known() && product(in).Size != product(out).Size {
		return fmt.Errorf("%s has %s elements, %s has %s: %w", in, product(in), out, product(out), ErrShape)
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

// reshaped reads a target: 0 keeps the size of in unless zeros are meant, -1 takes
// what is left; open is its place, or -1.
func reshaped(in onnx.Shape, target []onnx.Dim, zeros bool) (out onnx.Shape, open int, err error) {
	out, open = make(onnx.Shape, len(target)), -1
	for i, d := range target {
		v, constant := Constant(d)
		switch {
		case constant && v == -1:
			open = i
			out[i] = onnx.AnyDim
		case constant && v < -1:
			return nil, 0, fmt.Errorf("target size %d: %w", v, ErrShape)
		case constant && v == 0 && !zeros && in == nil:
			out[i] = onnx.AnyDim
		case constant && v == 0 && !zeros && i >= len(in):
			return nil, 0, fmt.Errorf("size 0 keeps axis %d, which rank %d does not have: %w", i, len(in), ErrShape)
		case constant && v == 0 && !zeros:
			out[i] = in[i]
		default:
			out[i] = d
		}
	}
	return out, open, nil
}

// quotient divides the number of elements of whole by that of part, cancelling
// equal symbols.
func quotient(whole, part onnx.Shape) (onnx.Dim, error) {
	size, divisor := int64(1), int64(1)
	var symbols onnx.Shape
	for _, d := range whole {
		if d.Known() {
			size *= d.Size
		} else {
			symbols = append(symbols, d)
		}
	}
	for _, d := range part {
		if d.Known() {
			divisor *= d.Size
			continue
		}
		k := slices.IndexFunc(symbols, d.Equal)
		if k < 0 {
			return onnx.AnyDim, nil
		}
		symbols = slices.Delete(slices.Clone(symbols), k, k+1)
	}
	switch {
	case len(symbols) == 0 && divisor == 0:
		return onnx.AnyDim, nil
	case len(symbols) == 0 && size%divisor != 0:
		return onnx.AnyDim, fmt.Errorf("%s does not divide into %s: %w", whole, part, ErrShape)
	case len(symbols) == 0:
		return onnx.Fixed(size / divisor), nil
	case len(symbols) == 1 && size == divisor:
		return symbols[0], nil
	}
	return onnx.AnyDim, nil
}

func flatten(c *Context) error {
	s := c.Shape(0)
	if s == nil {
		c.SetTensor(0, c.In(0).DType, onnx.Shape{onnx.AnyDim, onnx.AnyDim})
		return nil
	}
	axis := c.Node.Int("axis", 1)
	if axis < 0 {
		axis += int64(len(s))
	}
	if axis < 0 || axis > int64(len(s)) {
		return fmt.Errorf("axis %d of rank %d: %w", axis, len(s), ErrShape)
	}
	c.SetTensor(0, c.In(0).DType, onnx.Shape{product(s[:axis]), product(s[axis:])})
	return nil
}

// axesOf returns the axes of an operator that took them as an attribute once
// and takes them as an input now; known is false if they cannot be told.
func (c *Context) axesOf(input int) (axes []int64, given, known bool) {
	if a := c.Node.Ints("axes"); a != nil {
		return a, true, true
	}
	if c.Node.Input(input) == nil {
		return nil, false, true
	}
	axes = c.Ints(input)
	return axes, true, axes != nil
}

func unsqueeze(c *Context) error {
	s := c.Shape(0)
	axes, _, known := c.axesOf(1)
	if s == nil || !known {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	rank := len(s) + len(axes)
	out := make(onnx.Shape, rank)
	fresh := make([]bool, rank)
	for _, a := range axes {
		k, err := normal(a, rank)
		if err != nil {
			return err
		}
		if fresh[k] {
			return fmt.Errorf("axis %d is given twice: %w", a, ErrShape)
		}
		fresh[k] = true
	}
	next := 0
	for i := range out {
		if fresh[i] {
			out[i] = onnx.Fixed(1)
		} else {
			out[i] = s[next]
			next++
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	c.SetData(0, c.Data(0))
	return nil
}

func squeeze(c *Context) error {
	s := c.Shape(0)
	axes, given, known := c.axesOf(1)
	if s == nil || !known {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	drop := make([]bool, len(s))
	for _, a := range axes {
		k, err := normal(a, len(s))
		if err != nil {
			return err
		}
		if s[k].Known() && s[k].Size != 1 {
			return fmt.Errorf("axis %d of %s is not 1: %w", a, s, ErrShape)
		}
		drop[k] = true
	}
	out := onnx.Shape{}
	for i, d := range s {
		if !given {
			if !d.Known() {
				c.SetTensor(0, c.In(0).DType, nil)
				return nil
			}
			drop[i] = d.Size == 1
		}
		if !drop[i] {
			out = append(out, d)
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	c.SetData(0, c.Data(0))
	return nil
}

func expand(c *Context) error {
	target := c.Data(1)
	if target == nil || negative(target) {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	s, err := Broadcast(c.Shape(0), onnx.Shape(target))
	if err != nil {
		return err
	}
	c.SetTensor(0, c.In(0).DType, s)
	return nil
}

// negative reports whether data holds a negative constant, which no size is.
func negative(data []onnx.Dim) bool {
	return slices.ContainsFunc(data, func(d onnx.Dim) bool {
		v, ok := Constant(d)
		return ok && v < 0
	})
}

func shapeOf(c *Context) error {
	s := c.Shape(0)
	if s == nil {
		c.SetTensor(0, onnx.Int64, onnx.Shape{onnx.AnyDim})
		return nil
	}
	start, end := clampSlice(c.Node.Int("start", 0), c.Node.Int("end", int64(len(s))), int64(len(s)))
	part := s[start:max(start, end)]
	c.SetTensor(0, onnx.Int64, onnx.NewShape(int64(len(part))))
	c.SetData(0, part.Clone())
	return nil
}

func clampSlice(start, end, n int64) (int64, int64) {
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	return min(max(start, 0), n), min(max(end, 0), n)
}

func size(c *Context) error {
	c.SetTensor(0, onnx.Int64, onnx.NewShape())
	if s := c.Shape(0); s != nil {
		c.SetData(0, []onnx.Dim{product(s)})
	}
	return nil
}

func constant(c *Context) error {
	if t := c.Node.Output(0).Const(); t != nil {
		c.SetTensor(0, t.DType, onnx.NewShape(t.Dims...))
	}
	return nil
}

func constantOfShape(c *Context) error {
	d := onnx.Float
	a := c.Node.Attr("value")
	if a != nil && a.Tensor != nil {
		d = a.Tensor.DType
	}
	target := c.Data(0)
	var out onnx.Shape
	if negative(target) {
		return fmt.Errorf("negative sizes: %w", ErrShape)
	}
	if target != nil {
		out = onnx.Shape(slices.Clone(target))
	} else if s := c.Shape(0); len(s) == 1 && s[0].Known() && s[0].Size <= maxData {
		out = slices.Repeat(onnx.Shape{onnx.AnyDim}, int(s[0].Size))
	}
	c.SetTensor(0, d, out)
	if len(out) == 1 && out[0].Known() && out[0].Size <= maxData && a != nil && a.Tensor != nil {
		if v, err := a.Tensor.Int64s(); err == nil && len(v) == 1 {
			c.SetData(0, slices.Repeat(constantDims(v), int(out[0].Size)))
		}
	}
	return nil
}

func rangeOf(c *Context) error {
	start, limit, delta := c.Ints(0), c.Ints(1), c.Ints(2)
	n := onnx.AnyDim
	if len(start) == 1 && len(limit) == 1 && len(delta) == 1 && delta[0] != 0 {
		count := (limit[0] - start[0] + delta[0] - flag(delta[0] > 0) + flag(delta[0] < 0)) / delta[0]
		n = onnx.Fixed(max(count, 0))
	} else if d := c.Data(1); len(start) == 1 && start[0] == 0 && len(delta) == 1 && delta[0] == 1 && len(d) == 1 {
		n = d[0]
	}
	c.SetTensor(0, c.In(0).DType, onnx.Shape{n})
	return nil
}

var _ = register("", "Transpose", transpose)
var _ = register("", "Reshape", reshape)
var _ = register("", "Flatten", flatten)
var _ = register("", "Unsqueeze", unsqueeze)
var _ = register("", "Squeeze", squeeze)
var _ = register("", "Expand", expand)
var _ = register("", "Shape", shapeOf)
var _ = register("", "Size", size)
var _ = register("", "Constant", constant)
var _ = register("", "ConstantOfShape", constantOfShape)
var _ = register("", "Range", rangeOf)
