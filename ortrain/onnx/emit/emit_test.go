package emit_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/onnx/infer"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/ref"
)

func empty(opset int64) *onnx.Model {
	return &onnx.Model{IRVersion: 9, Opsets: onnx.Opsets{"": opset, onnx.DomainMicrosoft: 1}, Graph: &onnx.Graph{Name: "g"}}
}

func floats(shape ...int64) onnx.Type { return onnx.TensorOf(onnx.Float, onnx.NewShape(shape...)) }

// every calls each method that appends an operator and names what it returns.
func every(tape *emit.Tape) {
	x, p := tape.Input("x", floats(2, 3)), tape.Input("p", floats(2, 3))
	scale := tape.Initializer("scale", onnx.NewTensor([]int64{3}, float32(1), 2, 3))
	rows := tape.Ints(1, 0)
	out := map[string]*onnx.Value{
		"add": tape.Add(x, p), "sub": tape.Sub(x, p), "mul": tape.Mul(x, p), "div": tape.Div(x, p),
		"pow": tape.Pow(p, x), "neg": tape.Neg(x), "sqrt": tape.Sqrt(p), "exp": tape.Exp(x), "log": tape.Log(p),
		"erf": tape.Erf(x), "tanh": tape.Tanh(x), "sigmoid": tape.Sigmoid(x), "identity": tape.Identity(x),
		"sum": tape.Sum(x, p, scale), "matmul": tape.MatMul(x, tape.Transpose(p, 1, 0)),
		"gemm": tape.Gemm(x, p, nil, true, false), "reshape": tape.Reshape(x, 3, -1),
		"reshapelike": tape.ReshapeLike(x, tape.Shape(p)), "unsqueeze": tape.Unsqueeze(x, 0),
		"squeeze": tape.Squeeze(tape.Unsqueeze(x, 1), 1), "gather": tape.Gather(x, rows, 0),
		"expand": tape.Expand(scale, tape.Ints(2, 3)), "where": tape.Where(tape.Equal(x, p), x, p),
		"cast": tape.Cast(x, onnx.Int64), "softmax": tape.Softmax(x, 1), "logsoftmax": tape.LogSoftmax(x, 1),
		"reducesum": tape.ReduceSum(x, false), "reducesum1": tape.ReduceSum(x, true, 1),
		"reducemean": tape.ReduceMean(x, true, -1), "concat": tape.Concat(1, x, p),
		"gelu": tape.Contrib("Gelu", []*onnx.Value{x}), "scaled": tape.Mul(x, tape.Like(x, 0.5)),
	}
	y, mean, inv := tape.LayerNormalization(x, scale, scale, 1e-5)
	out["layernorm"], out["mean"], out["inv"] = y, mean, inv
	for name, v := range out {
		tape.Output("out."+name, v)
	}
}

// At every operator set that is in use the tape writes graphs that pass Check,
// whose types are known, and that mean what the methods say.
func TestEveryMethod(t *testing.T) {
	for opset := int64(13); opset <= 21; opset++ {
		m := empty(opset)
		tape := emit.New(m)
		every(tape)
		if err := errors.Join(tape.Err(), m.Check()); err != nil {
			t.Fatalf("opset %d: %v", opset, err)
		}
		for _, o := range m.Graph.Outputs {
			if len(o.Type.Shape) > 0 && !o.Type.Shape.Known() || o.Type.DType == onnx.Undefined {
				t.Errorf("opset %d: %s has type %s", opset, o.Name, o.Type)
			}
		}
		x := ref.Floats([]int64{2, 3}, 1, -1, 0.5, 2, 0.25, -2)
		p := ref.Floats([]int64{2, 3}, 1, 2, 0.5, 4, 0.5, 1)
		if opset < 17 { // LayerNormalization came with 17
			continue
		}
		got, err := ref.Run(t.Context(), m, map[string]*ref.Tensor{"x": x, "p": p})
		if err != nil {
			t.Fatalf("opset %d: %v", opset, err)
		}
		for name, want := range map[string][]float64{
			"add": {2, 1, 1, 6, 0.75, -1}, "gather": {2, 0.25, -2, 1, -1, 0.5}, "reducesum": {0.75},
			"reducesum1": {0.5, 0.25}, "reducemean": {0.5 / 3, 0.25 / 3}, "scaled": {0.5, -0.5, 0.25, 1, 0.125, -1},
			"matmul": {-0.75, 4, 1.5, 6.125}, "sum": {3, 3, 4, 7, 2.75, 2}, "where": {1, 2, 0.5, 4, 0.5, 1},
		} {
			for i, w := range want {
				if g := got["out."+name].F[i]; math.Abs(g-w) > 1e-12 {
					t.Errorf("opset %d: %s[%d] is %v, want %v", opset, name, i, g, w)
				}
			}
		}
	}
}

func TestTheFirstErrorStays(t *testing.T) {
	m := empty(18)
	tape := emit.New(m)
	x := tape.Input("x", floats(2, 3))
	bad := tape.MatMul(x, x)
	nodes := len(m.Graph.Nodes)
	tape.Output("y", tape.Add(bad, x))
	tape.Fail(errors.New("a later error"))
	if err := tape.Err(); err == nil || !strings.Contains(err.Error(), "MatMul") {
		t.Errorf("got %v, want the error of MatMul", err)
	}
	if len(m.Graph.Nodes) != nodes || len(m.Graph.Outputs) != 0 {
		t.Error("something was appended after the error")
	}
}

func TestNamesAndDomains(t *testing.T) {
	m := empty(18)
	tape := emit.New(m)
	x := tape.Input("x", floats(2))
	old := tape.Scope("layer.0")
	a, b := tape.Neg(x), tape.Neg(x)
	if a.Name != "layer.0/Neg" || b.Name == a.Name {
		t.Errorf("names %q and %q; want layer.0/Neg and another", a.Name, b.Name)
	}
	tape.Scope(old)
	if tape.Rename(b, "x") || !tape.Rename(b, "mine") || b.Name != "mine" {
		t.Errorf("renaming: now %q", b.Name)
	}
	if one, two := tape.Float(1), tape.Float(1); one != two {
		t.Error("equal constants do not share a value")
	}
	again := emit.New(m) // a second tape knows the names of the first
	if v := again.Neg(x); m.Graph.Values()[v.Name] != v {
		t.Errorf("the name %q is used twice", v.Name)
	}
	tape.Input("x", floats(2))
	if err := tape.Err(); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("a name used twice: got %v, want ErrInvalid", err)
	}
	strange := emit.New(empty(18))
	strange.Node("ai.other", "Strange", 1, []*onnx.Value{strange.Input("x", floats(2))})
	if err := strange.Err(); !errors.Is(err, onnx.ErrInvalid) || !strings.Contains(err.Error(), "ai.other") {
		t.Errorf("got %v, want ErrInvalid that names the domain", err)
	}
}

// Keep rebuilds a graph node by node; Extend asks a node for more outputs.
func TestKeepAndExtend(t *testing.T) {
	m := onnxtest.MustParse(t, `<ir_version: 9, opset_import: ["" : 18]>
		g (float[2,4] x, float[4] s) => (float[2,4] y) { n = LayerNormalization <axis: int = -1> (x, s) y = Neg (n) }`)
	nodes := m.Graph.Nodes
	m.Graph.Nodes = nil
	tape := emit.New(m)
	for _, n := range nodes {
		tape.Keep(n)
	}
	tape.Extend(nodes[0], 3)
	if err := errors.Join(tape.Err(), m.Check()); err != nil {
		t.Fatal(err)
	}
	if inv := nodes[0].Output(2); inv == nil || inv.Type.String() != "float[2,1]" {
		t.Errorf("InvStdDev is %v, want a value of type float[2,1]", inv)
	}
	broken := onnx.NewNode("", "Add", []*onnx.Value{m.Graph.Inputs[0], {Name: "z", Type: floats(3)}}, []*onnx.Value{{Name: "w"}})
	tape.Keep(broken)
	if !errors.Is(tape.Err(), infer.ErrShape) {
		t.Errorf("got %v, want ErrShape", tape.Err())
	}
}

func TestBody(t *testing.T) {
	tape := emit.Body(onnx.Opsets{"": 18})
	x := tape.Input("x", onnx.TensorOf(onnx.Float, nil))
	tape.Output("y", tape.Mul(x, tape.Float(2)))
	g := tape.Graph()
	if tape.Err() != nil || len(g.Initializers) != 0 || g.Nodes[0].Op != "Constant" {
		t.Errorf("%v, %d initializers, first node %v; want a Constant node and no initializer", tape.Err(), len(g.Initializers), g.Nodes[0])
	}
}

func Example() {
	m := &onnx.Model{IRVersion: 9, Opsets: onnx.Opsets{"": 18}, Graph: &onnx.Graph{Name: "linear"}}
	t := emit.New(m)
	x := t.Input("x", onnx.TensorOf(onnx.Float, onnx.Shape{onnx.Symbol("B"), onnx.Fixed(3)}))
	w := t.Initializer("w", onnx.NewTensor([]int64{2, 3}, float32(1), 0, 0, 0, 1, 0))
	y := t.Output("y", t.Gemm(x, w, nil, false, true))
	fmt.Println(y.Type, t.Err())
	t.MatMul(x, w)
	fmt.Println(errors.Is(t.Err(), infer.ErrShape))
	// Output:
	// float[B,2] <nil>
	// true
}
