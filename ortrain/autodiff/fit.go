package autodiff

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// fit checks the element type of the gradient g of x and sums g to the shape of
// x where broadcasting made it larger. Sizes that cannot be compared while the
// graph is built are compared by the graph, if broadcasts allows for them;
// otherwise they are equal by the rule's promise.
func (b *builder) fit(g, x *onnx.Value, broadcasts bool) (sum *onnx.Value, atRunTime bool, err error) {
	if g.Type.DType != x.Type.DType && g.Type.DType != onnx.Undefined && x.Type.DType != onnx.Undefined {
		return nil, false, fmt.Errorf("the gradient is %v for %v; the element types must agree", g, x)
	}
	c := compare(g.Type.Shape, x.Type.Shape)
	switch {
	case c.conflict:
		return nil, false, fmt.Errorf("the gradient is %v for %v, which is not a broadcast of it", g, x)
	case c.unsure && broadcasts:
		g, atRunTime = b.reduceAtRunTime(g, x), true
	case c.unsure || len(c.axes) == 0:
	case c.lead == len(c.axes):
		g = b.tape.ReduceSum(g, false, c.axes...)
	default:
		g = b.tape.ReduceSum(g, true, c.axes...)
		if c.lead > 0 {
			g = b.tape.Squeeze(g, c.axes[:c.lead]...)
		}
	}
	if x.Type.Shape != nil && g.Producer != nil {
		g.Type.Shape = refine(g.Type.Shape, x.Type.Shape)
	}
	return g, atRunTime, nil
}

// comparison is what the shapes of a gradient and its value say.
type comparison struct {
	// axes are those of the gradient to sum over, ascending; the first lead of
	// them do not exist in the value.
	axes []int64
	lead int
	// unsure means that sizes cannot be compared; conflict that they cannot
	// come from broadcasting.
	unsure, conflict bool
}

func compare(g, x onnx.Shape) comparison {
	var c comparison
	if g == nil || x == nil {
		return comparison{unsure: true}
	}
	c.lead = len(g) - len(x)
	if c.lead < 0 {
		return comparison{conflict: true}
	}
	for i, d := range g {
		if i < c.lead {
			c.axes = append(c.axes, int64(i))
			continue
		}
		e := x[i-c.lead]
		switch {
		case d.Equal(e):
		case e.Known() && e.Size == 1:
			c.axes = append(c.axes, int64(i))
		case e.Known() && d.Known():
			c.conflict = true
		case e.Known(): // more than one: nothing was stretched to it
		default:
			c.unsure = true
		}
	}
	return c
}

// reduceAtRunTime sums g to the shape of x with axes that the graph computes.
func (b *builder) reduceAtRunTime(g, x *onnx.Value) *onnx.Value {
	t := b.tape
	shape := t.Shape(x)
	axes := t.Node(onnx.DomainMicrosoft, "BroadcastGradientArgs", 2, []*onnx.Value{shape, t.Shape(g)})[0]
	sum := t.Op("ReduceSum", []*onnx.Value{g, axes}, onnx.IntAttr("keepdims", 1), onnx.IntAttr("noop_with_empty_axes", 1))
	return t.ReshapeLike(sum, shape)
}

// refine takes the sizes of x for a gradient that has x's shape, keeping
// symbols where x has none.
func refine(g, x onnx.Shape) onnx.Shape {
	if len(g) != len(x) {
		return x.Clone()
	}
	out := x.Clone()
	for i, d := range out {
		if !d.Known() && (d.Param == "" || g[i].Known()) {
			out[i] = g[i]
		}
	}
	return out
}
