package onnx_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

// golden is printed exactly as it stands here.
const golden = `<
  ir_version: 8,
  opset_import: ["" : 17, "com.microsoft" : 1],
  producer_name: "test"
>
agraph (float[N,128] X, float Scale) => (float[N,10] C, float[] "out.1") <
  float[2,2] W = {1.0, 0.5, -2.0, 1e-10},
  int64[3] shape = {0, -1, 4},
  float16[2] half = {15360, 0},
  int4[3] nibbles = {-8, 7, 1},
  string[1] words = {"a \"b\""},
  bool flag = {1},
  double[0] none = {},
  float[4] far = ["location": "w.bin", "offset": "4", "length": "16"],
  float[N] T
> {
  [first] T, "" = com.microsoft.Gelu (X)
  "out.1" = Strange:v1 <axis = -1, perm = [0, 1], empty: ints = [], alpha = 2.0, mode = "x", value = float[1] c {inf}, to = seq(float[?])> (T, "", W)
  C = If (flag) <then_branch = then_graph () => (float[N,10] y) {
      y = Add (T, Scale)
    }, else_branch = "else graph" () => (y) {
      y = Identity (X)
    }>
}
<
  domain: "com.microsoft",
  doc_string: "gelu",
  opset_import: ["" : 17]
>
Gelu <approximate, alpha = 1.0> (X) => (Y) <
  float[] X
> {
  Y = LeakyRelu <alpha: float = @alpha> (X)
}
`

func TestFormatIsInverseOfParse(t *testing.T) {
	m := onnxtest.MustParse(t, golden)
	if got := onnx.Format(m); got != golden {
		t.Errorf("printed\n%s\nwanted\n%s", got, golden)
	}
}

func TestParseSyntax(t *testing.T) {
	// Forms that are read and not printed.
	m := onnxtest.MustParse(t, `
# a comment
<ir_version: 7, opset_import: [ "ai.onnx" : 10 ]>
agraph (float[N, 128] X, float[2] W = {1, 2}, float[10] B) => (float[N, 10] C)
{
    T = ai.onnx.MatMul(X, W)
    S = Add(T, B,)
    U = Op(,S)
    C = Softmax(U) <axis: int = 1, scale: float = 2, mixed = [1, 2.5] >
}`)
	g := m.Graph
	if got := m.Opsets.Of(""); got != 10 {
		t.Errorf("opset %d, wanted 10", got)
	}
	if w := g.Input("W"); w == nil || w.Init == nil || g.Initializers[0] != w {
		t.Errorf("W is no input with a default: %v", w)
	}
	if len(g.Nodes[1].Inputs) != 2 || len(g.Nodes[2].Inputs) != 2 || g.Nodes[2].Inputs[0] != nil {
		t.Errorf("operands of Add and Op: %v, %v", g.Nodes[1].Inputs, g.Nodes[2].Inputs)
	}
	c := g.Nodes[3]
	if c.Int("axis", 0) != 1 || c.Float("scale", 0) != 2 || len(c.Attr("mixed").Floats) != 2 {
		t.Errorf("attributes of %s", c)
	}
	if c.Input(0).Producer != g.Nodes[2] || g.Outputs[0].Producer != c {
		t.Error("values are not linked to their nodes")
	}
}

func TestParseDefaults(t *testing.T) {
	m := onnxtest.MustParse(t, `g (float x) => (float y) { y = Neg (x) }`)
	if m.IRVersion != 10 || m.Opsets.Of("") != 21 {
		t.Errorf("IR %d, opsets %v", m.IRVersion, m.Opsets)
	}
	if s := m.Graph.Inputs[0].Type.Shape; s == nil || len(s) != 0 {
		t.Errorf("float has shape %v, wanted that of a scalar", s)
	}
}

func TestParseErrors(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"empty", "", "line 1 column 1"},
		{"position", "g (float x) => (float y) {\n y = Neg (z) }", "line 2 column 11: Neg reads \"z\""},
		{"string", `<domain: "x`, "no closing quote"},
		{"type", "g (float[ x) => () {}", "expected"},
		{"output", "g (float x) => (float y) { z = Neg (x) }", `nothing defines the output "y"`},
		{"twice", "g (float x, float x) => () {}", "defined twice"},
		{"later", "g (float x) => (y) { y = Neg (z) z = Neg (x) }", "nothing before it"},
		{"count", "g () => () <float[3] w = {1, 2}> {}", "2 elements for a tensor"},
		{"huge", "g () => () <float[9223372036854775807,4] w = {1, 2}> {}", "too large"},
		{"range", "g () => () <int8[1] w = {128}> {}", "128 is not an element of int8"},
		{"unsigned", "g () => () <uint64[1] w = {-1}> {}", "not an element of uint64"},
		{"shape", "g () => () <float[N] w = {1}> {}", "known dimensions"},
		{"abbreviated", "g () => () <float[9] w = {1, ...}> {}", "abbreviated"},
		{"negative", "g (float[-1] x) => () {}", "dimension -1"},
		{"kind", "g (float x) => (y) { y = Neg <a: ints = 1.5> (x) }", "declared ints"},
		{"no kind", "g (float x) => (y) { y = Neg <a = []> (x) }", "needs a kind"},
		{"reference", "g (float x) => (y) { y = Neg <a = @b> (x) }", "needs a kind"},
		{"stray reference", "g (float x) => (y) { y = Neg <a: int = @b> (x) }", "no attribute of a function"},
		{"mixed", `g (float x) => (y) { y = Neg <a = [1, "b"]> (x) }`, "a list of int and string"},
		{"entry", "<speed: 3> g () => () {}", `unknown entry "speed"`},
		{"stray type", "g (float x) => (x) <float[3] nobody> {}", "nothing defines"},
		{"offset", `g () => () <float[1] w = ["location": "w", "offset": "-1"]> {}`, "number of bytes"},
		{"deep type", "g (" + strings.Repeat("seq(", 100) + "float" + strings.Repeat(")", 100) + " x) => () {}", "nested more than 64"},
		{"deep graph", strings.Repeat("g () => () { y = If <b = ", 100), "nested more than 64"},
		{"domain", "g (float x) => (y) { y = com.microsoft.Gelu (x) }", `domain "com.microsoft"`},
		{"after", "g () => () {} 7", "expected"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := onnx.Parse(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, onnx.ErrInvalid) {
				t.Errorf("got %v, wanted an ErrInvalid with %q", err, c.want)
			}
		})
	}
}

func TestTextKeepsEverything(t *testing.T) {
	for seed := range uint64(40) {
		m := onnxtest.Exotic(seed)
		text := onnx.Format(m)
		back, err := onnx.Parse(text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		// The file format is the judge: it shares no code with the text.
		if got, want := mustEncode(t, back), mustEncode(t, m); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %s\n%s", seed, onnxtest.Diff(m, back), text)
		}
	}
}

func mustEncode(t *testing.T, m *onnx.Model) []byte {
	t.Helper()
	data, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPrintAbbreviates(t *testing.T) {
	m := onnxtest.MustParse(t, "g () => (w) <float[9] w = {1,2,3,4,5,6,7,8,9}> {}")
	if s := m.String(); !strings.Contains(s, "7.0, 8.0, ...}") || strings.Contains(s, "9.0") {
		t.Errorf("String shows %s", s)
	}
	if _, err := onnx.Parse(m.String()); err == nil || !strings.Contains(err.Error(), "abbreviated") {
		t.Errorf("an abbreviated text was read: %v", err)
	}
	var b bytes.Buffer
	if err := onnx.Print(&b, m, onnx.PrintOptions{MaxElements: 2}); err != nil || !strings.Contains(b.String(), "{1.0, 2.0, ...}") {
		t.Errorf("Print: %v\n%s", err, b.String())
	}
	if err := onnx.Print(failing{}, m, onnx.PrintOptions{}); !errors.Is(err, errFull) {
		t.Errorf("Print on a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestStringOfBrokenModels(t *testing.T) {
	// What a pass left behind must be printable for its error message.
	g := &onnx.Graph{
		Inputs: []*onnx.Value{nil}, Outputs: []*onnx.Value{nil}, Initializers: []*onnx.Value{nil, {Name: "w"}},
		Sparse: []*onnx.Value{nil, {Name: "s"}},
		Nodes:  []*onnx.Node{nil, {Op: "Op"}},
	}
	for kind := onnx.AttrUndefined; kind <= onnx.AttrTypes+1; kind++ {
		g.Nodes[1].Attrs = append(g.Nodes[1].Attrs, onnx.Attr{Name: "a", Kind: kind})
	}
	if s := (&onnx.Model{Graph: g}).String(); !strings.Contains(s, "(missing)") {
		t.Errorf("printed %s", s)
	}
}

func TestParseFunction(t *testing.T) {
	f := onnxtest.MustParseFunction(t, `
<domain: "com.microsoft", opset_import: ["" : 17]>
ReluGrad (dY, Y) => (dX) {
  zero = Constant <value = float {0}> ()
  positive = Greater (Y, zero)
  dX = Where (positive, dY, zero)
}`)
	if f.Name != "ReluGrad" || len(f.Nodes) != 3 || f.Outputs[0].Producer != f.Nodes[2] {
		t.Errorf("read %s", f)
	}
	for _, text := range []string{"", "f (x) => (x) {} g", "f (x) => (y) {}", "<ir_version: 3> f () => () {}"} {
		var syntax *onnx.SyntaxError
		if _, err := onnx.ParseFunction(text); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(golden)
	f.Add(`g (float x) => (y) { y = Neg <a = [1, 2.5], b: ints = []> (x) }`)
	for seed := range uint64(4) {
		f.Add(onnx.Format(onnxtest.Exotic(seed)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := onnx.Parse(text)
		if err != nil {
			return
		}
		first := onnx.Format(m)
		again, err := onnx.Parse(first)
		if err != nil {
			t.Fatalf("own text is not read: %v\n%s", err, first)
		}
		if second := onnx.Format(again); second != first {
			t.Fatalf("printed\n%s\nthen\n%s", first, second)
		}
	})
}

func ExampleParse() {
	m, err := onnx.Parse(`
		<ir_version: 8, opset_import: ["" : 17]>
		scale (float[N,4] x) => (float[N,4] y) <float[4] w = {1, 2, 3, 4}> {
			y = Mul (x, w)
		}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Graph.Inputs[0])
	fmt.Println(m.Graph.Nodes[0])
	// Output:
	// x: float[N,4]
	// y = Mul (x, w)
}
