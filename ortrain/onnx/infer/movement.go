package infer

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

func concat(c *Context) error {
	var out onnx.Shape
	total, data := onnx.Fixed(0), []onnx.Dim{}
	var axis int
	for i := range c.Node.Inputs {
		s := c.Shape(i)
		if s == nil {
			c.SetTensor(0, c.In(0).DType, nil)
			return nil
		}
		if out == nil {
			var err error
			if axis, err = normal(c.Node.Int("axis", 0), len(s)); err != nil {
				return err
			}
			out = s.Clone()
		} else if len(s) != len(out) {
			return fmt.Errorf("ranks %d and %d: %w", len(out), len(s), ErrShape)
		}
		if d := c.Data(i); d != nil && data != nil {
			data = append(data, d...)
		} else {
			data = nil
		}
		switch {
		case total.Known() && s[axis].Known():
			total = onnx.Fixed(total.Size + s[axis].Size)
		case len(c.Node.Inputs) == 1:
			total = s[axis]
		default:
			total = onnx.AnyDim
		}
	}
	out[axis] = total
	c.SetTensor(0, c.In(0).DType, out)
	c.SetData(0, data)
	return nil
}

func split(c *Context) error {
	s := c.Shape(0)
	if s == nil {
		for i := range c.Node.Outputs {
			c.SetTensor(i, c.In(0).DType, nil)
		}
		return nil
	}
	axis, err := normal(c.Node.Int("axis", 0), len(s))
	if err != nil {
		return err
	}
	sizes := c.Node.Ints("split")
	if sizes == nil {
		sizes = c.Ints(1)
	}
	n := int64(len(c.Node.Outputs))
	for i := range c.Node.Outputs {
		out := s.Clone()
		switch {
		case i < len(sizes):
			out[axis] = onnx.Fixed(sizes[i])
		case c.Node.Input(1) == nil && s[axis].Known():
			chunk := (s[axis].Size + n - 1) / n
			out[axis] = onnx.Fixed(min(chunk, s[axis].Size-int64(i)*chunk))
		default:
			out[axis] = onnx.AnyDim
		}
		c.SetTensor(i, c.In(0).DType, out)
	}
	return nil
}

func slice(c *Context) error {
	s := c.Shape(0)
	starts, ends, axes, steps := c.Ints(1), c.Ints(2), c.Ints(3), c.Ints(4)
	if a := c.Node.Ints("starts"); a != nil {
		starts, ends, axes = a, c.Node.Ints("ends"), c.Node.Ints("axes")
	}
	if s == nil || c.Node.Input(3) != nil && axes == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	out := s.Clone()
	if axes == nil {
		n := len(starts)
		if d := c.Shape(1); starts == nil && len(d) == 1 && d[0].Known() {
			n = int(min(d[0].Size, int64(len(s))))
		}
		for i := range n {
			axes = append(axes, int64(i))
		}
	}
	for i, a := range axes {
		k, err := normal(a, len(s))
		if err != nil {
			return err
		}
		out[k] = onnx.AnyDim
		if i >= len(starts) || i >= len(ends) || c.Node.Input(4) != nil && i >= len(steps) {
			continue
		}
		step := int64(1)
		if i < len(steps) {
			step = steps[i]
		}
		out[k] = sliced(s[k], starts[i], ends[i], step)
		if len(s) == 1 && step == 1 {
			if d := c.Data(0); d != nil {
				from, to := clampSlice(starts[i], ends[i], int64(len(d)))
				c.SetData(0, slices.Clone(d[from:max(from, to)]))
			}
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

// sliced returns the size of one sliced axis.
func sliced(d onnx.Dim, start, end, step int64) onnx.Dim {
	const beyond = 1 << 31
	if !d.Known() {
		if start == 0 && end >= beyond && step == 1 {
			return d
		}
		if start == 0 && end == 1 || start == -1 && end >= beyond {
			return onnx.Fixed(1)
		}
		return onnx.AnyDim
	}
	n := d.Size
	if step > 0 {
		from, to := clampSlice(start, end, n)
		return onnx.Fixed(max(0, (to-from+step-1)/step))
	}
	if step == 0 {
		return onnx.AnyDim
	}
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	start, end = min(max(start, -1), n-1), min(max(end, -1), n-1)
	return onnx.Fixed(max(0, (start-end-step-1)/-step))
}

func gather(c *Context) error {
	s, ix := c.Shape(0), c.Shape(1)
	if s == nil || ix == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	axis, err := normal(c.Node.Int("axis", 0), len(s))
	if err != nil {
		return err
	}
	out := slices.Concat(s[:axis], ix, s[axis+1:])
	if out == nil {
		out = onnx.Shape{}
	}
	c.SetTensor(0, c.In(0).DType, out)
	if data, at := c.Data(0), c.Ints(1); data != nil && at != nil && len(s) == 1 {
		picked := make([]onnx.Dim, len(at))
		for i, k := range at {
			if k < 0 {
				k += int64(len(data))
			}
			if k < 0 || k >= int64(len(data)) {
				return fmt.Errorf("index %d of %d entries: %w", at[i], len(data), ErrShape)
			}
			picked[i] = data[k]
		}
		c.SetData(0, picked)
	}
	return nil
}

func gatherND(c *Context) error {
	s, ix := c.Shape(0), c.Shape(1)
	batch := int(c.Node.Int("batch_dims", 0))
	if s == nil || len(ix) == 0 || !ix[len(ix)-1].Known() {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	depth := batch + int(ix[len(ix)-1].Size)
	if depth > len(s) {
		return fmt.Errorf("index depth %d of rank %d: %w", depth, len(s), ErrShape)
	}
	c.SetTensor(0, c.In(0).DType, slices.Concat(onnx.Shape{}, ix[:len(ix)-1], s[depth:]))
	return nil
}

func oneHot(c *Context) error {
	s, depth := c.Shape(0), c.Data(1)
	if s == nil {
		c.SetTensor(0, c.In(2).DType, nil)
		return nil
	}
	d := onnx.AnyDim
	if len(depth) == 1 {
		d = depth[0]
	}
	axis, err := normal(c.Node.Int("axis", -1), len(s)+1)
	if err != nil {
		return err
	}
	c.SetTensor(0, c.In(2).DType, slices.Insert(append(onnx.Shape{}, s...), axis, d))
	return nil
}

func pad(c *Context) error {
	s, pads := c.Shape(0), c.Node.Ints("pads")
	if pads == nil {
		pads = c.Ints(1)
	}
	if s == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	out := s.Clone()
	for i := range out {
		switch {
		case c.Node.Input(3) != nil || len(pads) != 2*len(s) || !out[i].Known():
			out[i] = onnx.AnyDim
		default:
			out[i] = onnx.Fixed(out[i].Size + pads[i] + pads[i+len(s)])
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

var _ = register("", "Concat", concat)
var _ = register("", "Split", split)
var _ = register("", "Slice", slice)
var _ = register("", "Gather", gather)
var _ = register("", "GatherElements", func(c *Context) error {
	c.SetTensor(0, c.In(0).DType, c.Shape(1))
	return nil
})
var _ = register("", "GatherND", gatherND)
var _ = register("", "OneHot", oneHot)
var _ = register("", "Pad", pad)
