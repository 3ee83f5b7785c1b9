package pass_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/pass"
)

const header = `<ir_version: 8, opset_import: ["" : 17]>
`

func TestDeadCodeKeepsTheSignature(t *testing.T) {
	m := onnxtest.MustParse(t, header+`g (float[N] x, float[N] unused) => (float[N] y)
<float w = {2}, float lost = {3}> {
  y = Mul(x, w)
  a = Mul(unused, lost)
  b = Neg(a)
}`)
	if err := pass.Run(m, pass.DeadCode); err != nil {
		t.Fatal(err)
	}
	if len(m.Graph.Nodes) != 1 || len(m.Graph.Initializers) != 1 || len(m.Graph.Inputs) != 2 {
		t.Errorf("%d nodes, %d initializers, %d inputs are left", len(m.Graph.Nodes), len(m.Graph.Initializers), len(m.Graph.Inputs))
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
}

func TestCommonSubexpressions(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"equal nodes and what follows them": {"a = Tanh(x)\n b = Tanh(x)\n c = Neg(a)\n d = Neg(b)\n y = Add(c, d)", 3},
		"other attributes":                  {"a = Softmax<axis = 0>(x)\n b = Softmax<axis = -1>(x)\n y = Add(a, b)", 3},
		"random operators":                  {"a, p = Dropout(x)\n b, q = Dropout(x)\n y = Add(a, b)", 3},
		"other order of inputs":             {"n = Neg(x)\n a = Sub(x, n)\n b = Sub(n, x)\n y = Add(a, b)", 4},
	} {
		m := onnxtest.MustParse(t, header+"g (float[N] x) => (float[N] y) {\n"+c.body+"\n}")
		if err := pass.Run(m, pass.CommonSubexpressions, pass.DeadCode); err != nil {
			t.Fatal(err)
		}
		if len(m.Graph.Nodes) != c.want {
			t.Errorf("%s: %d nodes, want %d", name, len(m.Graph.Nodes), c.want)
		}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A graph output keeps its name when the node that made it is replaced, by a
// fresh value, by a constant or by a value that has a name of its own.
func TestRewriteKeepsOutputNames(t *testing.T) {
	for name, replace := range map[string]func(t *emit.Tape, n *onnx.Node) *onnx.Value{
		"fresh":    func(t *emit.Tape, n *onnx.Node) *onnx.Value { return t.Mul(n.Input(0), t.Float(-1)) },
		"constant": func(t *emit.Tape, _ *onnx.Node) *onnx.Value { return t.Float(0) },
		"input":    func(_ *emit.Tape, n *onnx.Node) *onnx.Value { return n.Input(0) },
	} {
		m := onnxtest.MustParse(t, header+"g (float x) => (float y, float z) {\n y = Neg(x)\n z = Tanh(y)\n}")
		err := pass.Rewrite(m, func(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
			if n.Op == "Neg" {
				return []*onnx.Value{replace(t, n)}, nil
			}
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if m.Graph.Outputs[0].Name != "y" || m.Graph.Outputs[1].Name != "z" {
			t.Errorf("%s: outputs %v", name, m.Graph.Outputs)
		}
		if in := m.Graph.Outputs[1].Producer.Input(0); name == "fresh" && in != m.Graph.Outputs[0] {
			t.Errorf("fresh: z reads %v", in)
		}
	}
}

func TestRunNamesThePass(t *testing.T) {
	broken := errors.New("broken")
	m := onnxtest.MustParse(t, header+"g (float x) => (float y) { y = Neg(x) }")
	err := pass.Run(m, pass.Pass{Name: "mine", Apply: func(*onnx.Model) error { return broken }})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "mine") {
		t.Errorf("got %v", err)
	}
}

func ExampleRun() {
	m, err := onnx.Parse(header + "g (float[N] x) => (float[N] y) {\n a = Tanh(x)\n b = Tanh(x)\n y = Add(a, b)\n}")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = pass.Run(m, pass.CommonSubexpressions, pass.DeadCode)
	fmt.Println(len(m.Graph.Nodes), err)
	// Output: 2 <nil>
}
