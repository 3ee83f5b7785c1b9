package trainop

import (
	"errors"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "SliceGrad",
	Doc:    "dX = dY at the sliced places of shape, 0 elsewhere",
	Source: "training_op_defs.cc SliceGrad",
	Inputs: []string{"dY", "shape", "starts", "ends", "axes", "steps"}, Outputs: []string{"dX"},
	Limits: "axes must be given and every step must be 1",
	body: func(c *call) []*onnx.Value {
		if c.node == nil || c.unitSteps() {
			return values(c.sliceByPad())
		}
		return values(c.sliceByGather())
	},
})

// ErrDynamicSlice means that the gradient of a slice with steps needs to know
// the sliced axes.
var ErrDynamicSlice = errors.New("trainop: SliceGrad with steps other than 1 needs constant axes")

// unitSteps reports whether all steps are known to be 1.
func (c *call) unitSteps() bool {
	steps := c.input(5)
	if steps == nil {
		return true
	}
	t := steps.Const()
	if t == nil {
		return false
	}
	v, err := t.Int64s()
	for _, s := range v {
		if s != 1 {
			return false
		}
	}
	return err == nil
}

// sliceByPad surrounds dY with zeros: begin in front, what is left behind.
func (c *call) sliceByPad() *onnx.Value {
	dy, shape, starts, axes := c.in[0], c.in[1], c.in[2], c.input(4)
	starts = c.int64s(starts)
	none := c.Op("ConstantOfShape", values(c.Shape(shape)), onnx.TensorAttr("value", onnx.NewTensor([]int64{1}, int64(0))))
	if axes == nil {
		axes = c.Op("Range", values(c.Int(0), c.Reshape(c.Shape(starts)), c.Int(1)))
	}
	size := c.Gather(shape, axes, 0)
	begin := c.Where(c.Op("Less", values(starts, c.Int(0))), c.Add(starts, size), starts)
	begin = c.Op("Min", values(c.Op("Max", values(begin, c.Int(0))), size))
	// Axes that are not sliced begin at 0; negative axes index from the end.
	before := c.Op("ScatterElements", values(none, c.int64s(axes), begin), onnx.IntAttr("axis", 0))
	after := c.Sub(c.Sub(shape, c.Shape(dy)), before)
	return c.Op("Pad", values(dy, c.Concat(0, before, after)))
}

// sliceByGather undoes one axis after the other: along each, dY gets an entry
// of zeros at its end, and every place takes the entry that came from it, or
// that one.
func (c *call) sliceByGather() *onnx.Value {
	dx, shape := c.in[0], c.in[1]
	starts, ends, steps := c.int64s(c.in[2]), c.int64s(c.in[3]), c.int64s(c.in[5])
	axes, ok := c.constantAxes()
	if !ok {
		c.Fail(ErrDynamicSlice)
		return dx
	}
	for i, axis := range axes {
		at := c.Ints(int64(i))
		size := c.Gather(shape, c.Ints(axis), 0)
		every := c.Op("Range", values(c.Int(0), c.Reshape(size), c.Int(1)))
		picked := c.Op("Slice", values(every, c.Gather(starts, at, 0), c.Gather(ends, at, 0), c.Ints(0), c.Gather(steps, at, 0)))
		count := c.Shape(picked)
		rank := c.Op("Range", values(c.Int(0), c.Reshape(count), c.Int(1)))
		from := c.Op("ScatterElements", values(c.Expand(count, size), picked, rank), onnx.IntAttr("axis", 0))
		entry := c.sumOver(dx, c.Ints(axis))
		zero := c.asType(c.Op("ConstantOfShape", values(c.Shape(entry))), dx)
		dx = c.Gather(c.Concat(axis, dx, zero), from, axis)
	}
	return dx
}

// constantAxes returns the sliced axes, the first ones if none are named.
func (c *call) constantAxes() ([]int64, bool) {
	if v := c.input(4); v != nil {
		t := v.Const()
		if t == nil {
			return nil, false
		}
		axes, err := t.Int64s()
		return axes, err == nil
	}
	var axes []int64
	s := c.in[2].Type.Shape
	if !s.Known() || len(s) != 1 {
		return nil, false
	}
	for i := range s[0].Size {
		axes = append(axes, i)
	}
	return axes, true
}
