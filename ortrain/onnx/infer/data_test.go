package infer_test

import (
	"fmt"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// build returns a tape over an empty model of the given opset.
func build(opset int64) *emit.Tape {
	return emit.New(&onnx.Model{Opsets: onnx.Opsets{"": opset, ms: 1, onnx.DomainOrtrain: 1}, Graph: &onnx.Graph{}})
}

func float(dims ...onnx.Dim) onnx.Type { return onnx.TensorOf(onnx.Float, dims) }

var (
	b = onnx.Symbol("B")
	s = onnx.Symbol("S")
)

// TestShapeData follows the chains that exporters write around Reshape, Expand
// and Slice.
func TestShapeData(t *testing.T) {
	in := func(v ...*onnx.Value) []*onnx.Value { return v }
	for _, c := range []struct {
		name, want string
		build      func(t *emit.Tape, x *onnx.Value) *onnx.Value
	}{
		{"heads", "float[B,S,12,64]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			shape := t.Shape(x)
			batch := t.Unsqueeze(t.Gather(shape, t.Int(0), 0), 0)
			length := t.Unsqueeze(t.Gather(shape, t.Int(1), 0), 0)
			return t.ReshapeLike(x, t.Concat(0, batch, length, t.Ints(12), t.Ints(64)))
		}},
		{"heads with -1", "float[B,S,12,64]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			front := t.Op("Slice", in(t.Shape(x), t.Ints(0), t.Ints(2)))
			return t.ReshapeLike(x, t.Concat(0, front, t.Ints(12, -1)))
		}},
		{"division of a constant size", "float[B,S,12,64]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			h := t.Gather(t.Shape(x), t.Ints(2), 0)
			front := t.Op("Slice", in(t.Shape(x), t.Ints(0), t.Ints(-1)))
			return t.ReshapeLike(x, t.Concat(0, front, t.Ints(12), t.Div(h, t.Ints(12))))
		}},
		{"neutral arithmetic keeps symbols", "float[B,S,768]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			shape := t.Mul(t.Add(t.Shape(x), t.Int(0)), t.Ints(1, 1, 1))
			return t.ReshapeLike(x, shape)
		}},
		{"a changed symbol is unknown", "float[?]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			n := t.Mul(t.Gather(t.Shape(x), t.Ints(1), 0), t.Ints(2))
			return t.Op("ConstantOfShape", in(n))
		}},
		{"expand through where and equal", "float[B,S,768]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			target := t.Concat(0, t.Gather(t.Shape(x), t.Ints(0, 1), 0), t.Ints(-1))
			ones := t.Op("ConstantOfShape", in(t.Ints(3)), onnx.TensorAttr("value", onnx.NewTensor([]int64{1}, int64(1))))
			return t.Expand(t.Gather(x, t.Ints(0), 1), t.Where(t.Equal(target, t.Ints(-1, -1, -1)), ones, target))
		}},
		{"cut of a position table", "int64[1,S]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			table := t.Input("positions", onnx.TensorOf(onnx.Int64, onnx.NewShape(1, 512)))
			return t.Op("Slice", in(table, t.Ints(0), t.Gather(t.Shape(x), t.Ints(1), 0), t.Ints(1)))
		}},
		{"range up to a symbol", "int64[S]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			return t.Op("Range", in(t.Int(0), t.Gather(t.Shape(x), t.Int(1), 0), t.Int(1)))
		}},
		{"shape through casts", "float[S,B]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			n := t.Cast(t.Cast(t.Gather(t.Shape(x), t.Ints(1, 0), 0), onnx.Int32), onnx.Int64)
			return t.Op("ConstantOfShape", in(t.Identity(n)))
		}},
		{"sizes do not survive float division", "float[?]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			n := t.Cast(t.Mul(t.Div(t.Cast(t.Ints(7), onnx.Float), t.Float(2)), t.Float(2)), onnx.Int64)
			return t.Op("ConstantOfShape", in(n))
		}},
		{"rank 2 is not followed", "float[?,?,?]", func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			n := t.Unsqueeze(t.Shape(x), 0)
			return t.ReshapeLike(x, t.Squeeze(n, 0))
		}},
	} {
		tape := build(17)
		out := c.build(tape, tape.Input("x", float(b, s, onnx.Fixed(768))))
		if err := tape.Err(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := out.Type.String(); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}

func TestData(t *testing.T) {
	tape := build(17)
	x := tape.Input("x", float(b, s, onnx.Fixed(4)))
	shape := tape.Shape(x)
	neg := tape.Sub(tape.Gather(shape, tape.Ints(2), 0), tape.Ints(6))
	for _, c := range []struct {
		v    *onnx.Value
		want string
	}{
		{shape, "[B S 4]"},
		{tape.Op("Size", []*onnx.Value{tape.Gather(x, tape.Int(0), 0)}), "[?]"},
		{tape.Const(onnx.NewTensor([]int64{1, 2}, int64(1), int64(2))), "[]"},
		{tape.Const(onnx.NewTensor(nil, float32(1))), "[]"},
	} {
		if got := fmt.Sprint(tape.Data(c.v)); got != c.want {
			t.Errorf("data of %v: %s; want %s", c.v, got, c.want)
		}
	}
	if d := tape.Data(neg); len(d) != 1 || d[0].Size != -2 {
		t.Errorf("data of 4 - 6: %v; want the constant -2", d)
	}
	if err := tape.Err(); err != nil {
		t.Fatal(err)
	}
}
