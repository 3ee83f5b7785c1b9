package rules

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// values is shorthand for a list of gradients or inputs.
func values(v ...*onnx.Value) []*onnx.Value { return v }

// shapeOf returns the sizes of x as an int64 vector: a constant if they are
// known.
func shapeOf(t *emit.Tape, x *onnx.Value) *onnx.Value {
	if x.Type.Shape.Known() {
		return t.Ints(x.Type.Shape.Sizes()...)
	}
	return t.Shape(x)
}

// reshaped returns dy, which has as many elements as x, in the shape of x.
func reshaped(t *emit.Tape, dy, x *onnx.Value) *onnx.Value {
	return t.ReshapeLike(dy, shapeOf(t, x))
}

// rank returns the rank of x; an unknown one is refused.
func rank(t *emit.Tape, x *onnx.Value) int {
	if x.Type.Shape == nil {
		refuse(t, "the rank of %v is unknown; declare its shape", x)
	}
	return len(x.Type.Shape)
}

// axisOf returns the attribute called axis as 0 … rank(x)-1.
func axisOf(t *emit.Tape, n *onnx.Node, def int64, x *onnx.Value) int64 {
	axis := n.Int("axis", def)
	if axis < 0 {
		axis += int64(rank(t, x))
	}
	return axis
}

// refuse makes the node that is being differentiated an error.
func refuse(t *emit.Tape, format string, args ...any) {
	t.Fail(fmt.Errorf(format+": %w", append(args, autodiff.ErrNotDifferentiable)...))
}

// unary wraps the gradient of an operator with one input.
func unary(f func(t *emit.Tape, n *onnx.Node, dy *onnx.Value) *onnx.Value) func(*emit.Tape, *onnx.Node, []*onnx.Value, []bool) []*onnx.Value {
	return func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, _ []bool) []*onnx.Value {
		dx := make([]*onnx.Value, len(n.Inputs))
		dx[0] = f(t, n, dy[0])
		return dx
	}
}

// zeros returns zeros in the shape and type of x.
func zeros(t *emit.Tape, x *onnx.Value) *onnx.Value {
	zero := onnx.NewTensor([]int64{1}, float32(0))
	if x.Type.DType == onnx.Double {
		zero = onnx.NewTensor([]int64{1}, float64(0))
	}
	return t.Op("ConstantOfShape", values(shapeOf(t, x)), onnx.TensorAttr("value", zero))
}

// constantFloat returns the value of a constant scalar.
func constantFloat(v *onnx.Value) (float64, bool) {
	c := v.Const()
	if c == nil || c.Len() != 1 {
		return 0, false
	}
	f, err := c.Float64s()
	if err != nil {
		return 0, false
	}
	return f[0], true
}

// The rest builds samples.

// reals is an input of random floats in [-2, 2).
func reals(sizes ...int64) autodiff.Input {
	return autodiff.Input{Sizes: sizes, Low: -2, High: 2}
}

// positive is an input of random floats in [0.5, 2).
func positive(sizes ...int64) autodiff.Input {
	return autodiff.Input{Sizes: sizes, Low: 0.5, High: 2}
}

// apart is an input of random floats in [-2, 2) that keep away from 0.
func apart(sizes ...int64) autodiff.Input {
	return autodiff.Input{Sizes: sizes, Low: -2, High: 2, Gap: 0.1}
}

// ints is a constant int64 vector.
func ints(v ...int64) autodiff.Input {
	return autodiff.Input{Sizes: []int64{int64(len(v))}, Ints: v, Const: true}
}

// indices is a fed int64 tensor.
func indices(sizes []int64, v ...int64) autodiff.Input {
	return autodiff.Input{Sizes: sizes, Ints: v}
}

// sample makes a sample of one node with one output.
func sample(name, domain, op string, inputs []autodiff.Input, attrs ...onnx.Attr) autodiff.Sample {
	return autodiff.Sample{Name: name, Inputs: inputs, Make: func(t *emit.Tape, in []*onnx.Value) []*onnx.Value {
		return t.Node(domain, op, 1, in, attrs...)
	}}
}

// unarySamples checks an elementwise operator.
func unarySamples(domain, op string, in func(...int64) autodiff.Input, attrs ...onnx.Attr) []autodiff.Sample {
	return []autodiff.Sample{
		sample("matrix", domain, op, []autodiff.Input{in(3, 4)}, attrs...),
		sample("scalar", domain, op, []autodiff.Input{in()}, attrs...),
	}
}

// binarySamples checks an operator with broadcasting.
func binarySamples(op string, a, b func(...int64) autodiff.Input) []autodiff.Sample {
	in := func(x, y autodiff.Input) []autodiff.Input { return []autodiff.Input{x, y} }
	return []autodiff.Sample{
		sample("equal", "", op, in(a(2, 3), b(2, 3))),
		sample("bias", "", op, in(a(4, 2, 3), b(3))),
		sample("column", "", op, in(a(2, 3), b(2, 1))),
		sample("left", "", op, in(a(3), b(2, 3))),
		sample("both", "", op, in(a(2, 1, 3), b(4, 1))),
		sample("scalar", "", op, in(a(2, 3), b())),
		sample("ones", "", op, in(a(1, 3), b(1, 1, 3))),
		{Name: "same value", Inputs: []autodiff.Input{positive(2, 3)}, Make: func(t *emit.Tape, x []*onnx.Value) []*onnx.Value {
			return values(t.Op(op, values(x[0], x[0])))
		}},
	}
}
