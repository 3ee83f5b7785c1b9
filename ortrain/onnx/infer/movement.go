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
		}
		if err := agree(out, s, axis); err != nil {
			return err
		}
		if d := c.Data(i); d != nil && data != nil && len(s) == 1 {
			data = append(data, d...)
		} else {
			data = nil
		}
		total = grown(total, s[axis])
	}
	out[axis] = total
	c.SetTensor(0, c.In(0).DType, out)
	c.SetData(0, data)
	return nil
}

// agree makes out what it and s have in common but along an axis: a known size
// wins over a symbol.
func agree(out, s onnx.Shape, axis int) error {
	if len(s) != len(out) {
		return fmt.Errorf("ranks %d and %d: %w", len(out), len(s), ErrShape)
	}
	for k, d := range s {
		switch {
		case k == axis:
		case out[k].Known() && d.Known() && out[k].Size != d.Size:
			return fmt.Errorf("sizes %s and %s of axis %d: %w", out[k], d, k, ErrShape)
		case !out[k].Known() && (d.Known() || out[k].Param == ""):
			out[k] = d
		}
	}
	return nil
}

// grown adds a size to a total, which begins at 0.
func grown(total, more onnx.Dim) onnx.Dim {
	switch {
	case total.Known() && more.Known():
		return onnx.Fixed(total.Size + more.Size)
	case total.Known() && total.Size == 0:
		return more
	}
	return onnx.AnyDim
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
	sizes := c.Data(1)
	if a := c.Node.Ints("split"); a != nil {
		sizes = constantDims(a)
	}
	n := int64(len(c.Node.Outputs))
	if sizes != nil && int64(len(sizes)) != n {
		return fmt.Errorf("%d sizes for %d outputs: %w", len(sizes), n, ErrShape)
	}
	if total := sum(sizes); total.Known() && s[axis].Known() && sizes != nil && total.Size != s[axis].Size {
		return fmt.Errorf("pieces of %d in all for axis %d of %s: %w", total.Size, axis, s, ErrShape)
	}
	for i := range c.Node.Outputs {
		out := s.Clone()
		switch {
		case i < len(sizes):
			out[axis] = sizes[i]
		case c.Node.Input(1) == nil && s[axis].Known():
			chunk := (s[axis].Size + n - 1) / n
			out[axis] = onnx.Fixed(max(0, min(chunk, s[axis].Size-int64(i)*chunk)))
		default:
			out[axis] = onnx.AnyDim
		}
		c.SetTensor(i, c.In(0).DType, out)
	}
	return nil
}

// sum adds dimensions; it is unknown if any is.
func sum(dims []onnx.Dim) onnx.Dim {
	total := int64(0)
	for _, d := range dims {
		if !d.Known() {
			return onnx.AnyDim
		}
		total += d.Size
	}
	return onnx.Fixed(total)
}

func slice(c *Context) error {
	s := c.Shape(0)
	starts, ends, axes, steps := c.Data(1), c.Data(2), c.Ints(3), c.Ints(4)
	if a := c.Node.Ints("starts"); a != nil {
		starts, ends, axes = constantDims(a), constantDims(c.Node.Ints("ends")), c.Node.Ints("axes")
	}
	if s == nil || c.Node.Input(3) != nil && axes == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	out := s.Clone()
	if axes == nil {
		axes = firstAxes(c, len(starts), len(s))
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
		out[k] = cut(s[k], starts[i], ends[i], step)
		if len(s) == 1 && step == 1 {
			c.SetData(0, between(c.Data(0), starts[i], ends[i]))
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

// firstAxes lists the axes of a Slice that names none: as many as there are
// starts, of which the number may be known without them.
func firstAxes(c *Context, starts, rank int) (axes []int64) {
	if d := c.Shape(1); c.Data(1) == nil && len(d) == 1 && d[0].Known() {
		starts = int(min(d[0].Size, int64(rank)))
	}
	for i := range starts {
		axes = append(axes, int64(i))
	}
	return axes
}

// cut returns the size of an axis between two places, which may be symbols.
func cut(d, start, end onnx.Dim, step int64) onnx.Dim {
	from, fromKnown := Constant(start)
	to, toKnown := Constant(end)
	switch {
	case fromKnown && toKnown:
		return sliced(d, from, to, step)
	case fromKnown && from == 0 && step == 1:
		return upTo(d, end)
	}
	return onnx.AnyDim
}

// between returns the known data between two known places, else nil.
func between(data []onnx.Dim, start, end onnx.Dim) []onnx.Dim {
	from, fromKnown := Constant(start)
	to, toKnown := Constant(end)
	if data == nil || !fromKnown || !toKnown {
		return nil
	}
	from, to = clampSlice(from, to, int64(len(data)))
	return slices.Clone(data[from:max(from, to)])
}

// upTo returns the size of the first end entries of an axis, where end is a
// symbol. Exporters cut the table of position ids to the sequence length this
// way: a length beyond the table would fail further down, so the symbol stands.
func upTo(d, end onnx.Dim) onnx.Dim {
	if end.Param == "" {
		return onnx.AnyDim
	}
	if d.Known() && d.Size == 1 {
		return d
	}
	return end
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
	start, end = min(max(start, 0), n-1), min(max(end, -1), n-1)
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
	axes := c.Ints(3)
	if c.Node.Input(3) == nil {
		for i := range s {
			axes = append(axes, int64(i))
		}
	}
	out := slices.Repeat(onnx.Shape{onnx.AnyDim}, len(s))
	if axes != nil && len(pads) == 2*len(axes) {
		out = s.Clone()
		for i, a := range axes {
			k, err := normal(a, len(s))
			if err != nil {
				return err
			}
			if both := pads[i] + pads[i+len(axes)]; both != 0 {
				out[k] = fold("Add", s[k], constantDims([]int64{both})[0])
			}
		}
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

func tile(c *Context) error {
	s, repeats := c.Shape(0), c.Data(1)
	if s == nil || len(repeats) != len(s) {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	out := make(onnx.Shape, len(s))
	for i := range s {
		out[i] = product([]onnx.Dim{s[i], repeats[i]})
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

func nonZero(c *Context) error {
	rank := onnx.AnyDim
	if s := c.Shape(0); s != nil {
		rank = onnx.Fixed(int64(len(s)))
	}
	c.SetTensor(0, onnx.Int64, onnx.Shape{rank, onnx.AnyDim})
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
var _ = register("", "Tile", tile)
var _ = register("", "NonZero", nonZero)
