package onnx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
)

const sound = `<ir_version: 10, opset_import: ["" : 17, "com.example" : 1]>
g (float[N] x, bool c) => (float[N] y) <float[1] w = {2}> {
  [scale] a = Mul (x, w)
  y = If <then_branch = t () => (float[N] p) { p = com.example.Twice <k = 1> (a) },
          else_branch = e () => (float[N] q) { q = Neg (a) }> (c)
}
<domain: "com.example", opset_import: ["" : 17]>
Twice <k> (i) => (o) { o = Op <n: int = @k> (i) }`

func TestCheckFindsFaults(t *testing.T) {
	cases := []struct {
		name   string
		damage func(m *onnx.Model)
		want   string
	}{
		{"ir", func(m *onnx.Model) { m.IRVersion = 2 }, "IR version 2"},
		{"function ir", func(m *onnx.Model) { m.IRVersion = 7 }, "needs IR version 8"},
		{"overload ir", func(m *onnx.Model) { m.IRVersion = 9; m.Functions[0].Overload = "o" }, "needs IR version 10"},
		{"opset", func(m *onnx.Model) { delete(m.Opsets, "com.example"); delete(m.Functions[0].Opsets, "com.example") }, `domain "com.example"`},
		{"opset version", func(m *onnx.Model) { m.Opsets[""] = 0 }, `imports version 0`},
		{"no graph", func(m *onnx.Model) { m.Graph = nil }, "no graph"},
		{"no name", func(m *onnx.Model) { m.Graph.Inputs[0].Name = "" }, "graph input has no name"},
		{"same name", func(m *onnx.Model) { m.Graph.Nodes[0].Outputs[0].Name = "x" }, `node "scale" (Mul), "x" has the name of another`},
		{"input twice", func(m *onnx.Model) { m.Graph.Inputs[1] = m.Graph.Inputs[0] }, `"x" is defined twice`},
		{"nil input", func(m *onnx.Model) { m.Graph.Inputs[1] = nil }, "graph input 1 is missing"},
		{"nil output", func(m *onnx.Model) { m.Graph.Outputs[0] = nil }, "output 0 is missing"},
		{"output twice", func(m *onnx.Model) { m.Graph.Outputs = append(m.Graph.Outputs, m.Graph.Outputs[0]) }, "an output twice"},
		{"undefined", func(m *onnx.Model) { m.Graph.Initializers = nil }, `node "scale" (Mul) reads "w", which nothing`},
		{"unsorted", func(m *onnx.Model) { n := m.Graph.Nodes; n[0], n[1] = n[1], n[0] }, `reads "a", which nothing before it defines`},
		{"impostor", func(m *onnx.Model) { m.Graph.Nodes[0].Inputs[0] = &onnx.Value{Name: "x"} }, "must be the same pointer"},
		{"producer", func(m *onnx.Model) { m.Graph.Nodes[0].Outputs[0].Producer = nil }, "does not point back"},
		{"input's producer", func(m *onnx.Model) { m.Graph.Inputs[0].Producer = m.Graph.Nodes[0] }, "has a producer"},
		{"no data", func(m *onnx.Model) { m.Graph.Initializers[0].Init = nil }, `initializer "w" has no data`},
		{"initializer's producer", func(m *onnx.Model) { m.Graph.Initializers[0].Producer = m.Graph.Nodes[0] }, "has a producer"},
		{"initializer twice", func(m *onnx.Model) { g := m.Graph; g.Initializers = append(g.Initializers, g.Initializers[0]) }, "listed twice"},
		{"unlisted default", func(m *onnx.Model) { m.Graph.Inputs[0].Init = m.Graph.Initializers[0].Init }, "not listed among the initializers"},
		{"constant output", func(m *onnx.Model) { m.Graph.Nodes[0].Outputs[0].Init = m.Graph.Initializers[0].Init }, "has constant data"},
		{"type of data", func(m *onnx.Model) { m.Graph.Initializers[0].Type.DType = onnx.Int64 }, "has type int64[1] and data float[1]"},
		{"shape of data", func(m *onnx.Model) { m.Graph.Initializers[0].Type.Shape = onnx.NewShape(2) }, "has type float[2] and data float[1]"},
		{"size of data", func(m *onnx.Model) { m.Graph.Initializers[0].Init.Raw = nil }, "has 0 bytes; 4 are expected"},
		{"negative", func(m *onnx.Model) { m.Graph.Initializers[0].Init.Dims = []int64{-1} }, "sizes of 0 or more"},
		{"overflow", func(m *onnx.Model) { m.Graph.Initializers[0].Init.Dims = []int64{1 << 40, 1 << 40} }, "too large"},
		{"element type", func(m *onnx.Model) { m.Graph.Initializers[0].Init.DType = 99 }, "no element type"},
		{"value type", func(m *onnx.Model) { m.Graph.Inputs[0].Type.DType = 99 }, "unknown element type"},
		{"external", func(m *onnx.Model) { m.Graph.Initializers[0].Init.External = &onnx.External{} }, `of file ""`},
		{"nil node", func(m *onnx.Model) { m.Graph.Nodes[0] = nil }, "node 0 is missing"},
		{"no operator", func(m *onnx.Model) { m.Graph.Nodes[0].Op = "" }, "has no operator"},
		{"attribute kind", func(m *onnx.Model) { addAttr(m, onnx.Attr{Name: "a", Kind: 77}) }, "unknown kind 77"},
		{"attribute name", func(m *onnx.Model) { addAttr(m, onnx.IntAttr("", 1)) }, "attribute without a name"},
		{"attribute twice", func(m *onnx.Model) { addAttr(m, onnx.IntAttr("a", 1)); addAttr(m, onnx.IntAttr("a", 1)) }, `two attributes "a"`},
		{"attribute value", func(m *onnx.Model) { addAttr(m, onnx.TensorAttr("a", nil)) }, "a tensor is missing"},
		{"attribute values", func(m *onnx.Model) { addAttr(m, onnx.Attr{Name: "a", Kind: onnx.AttrInt, Float: 1}) }, "holds a value of another kind"},
		{"reference", func(m *onnx.Model) { addAttr(m, onnx.RefAttr("a", onnx.AttrInt, "k")) }, "no attribute of a function"},
		{"function reference", func(m *onnx.Model) { m.Functions[0].Attrs = nil }, `function com.example::Twice: node 0 (Op): attribute "n" refers to "k"`},
		{"function twice", func(m *onnx.Model) { m.Functions = append(m.Functions, m.Functions[0].Clone()) }, "defined twice"},
		{"recursion", func(m *onnx.Model) {
			m.Functions[0].Nodes[0].Op, m.Functions[0].Nodes[0].Domain = "Twice", "com.example"
		}, "calls itself"},
		{"inner name", func(m *onnx.Model) { subgraph(m).Nodes[0].Inputs[0] = nil; subgraph(m).Outputs[0] = m.Graph.Outputs[0] }, `output list of graph "t"`},
		{"self", func(m *onnx.Model) { m.Graph.Nodes[1].Attrs[0].Graph = m.Graph }, "nest more than 64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := onnxtest.MustParse(t, sound)
			c.damage(m)
			err := m.Check()
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, onnx.ErrInvalid) {
				t.Errorf("got %v, wanted an ErrInvalid with %q", err, c.want)
			}
		})
	}
}

func addAttr(m *onnx.Model, a onnx.Attr) {
	m.Graph.Nodes[0].Attrs = append(m.Graph.Nodes[0].Attrs, a)
}

func subgraph(m *onnx.Model) *onnx.Graph { return m.Graph.Nodes[1].Attrs[0].Graph }

func TestCheckIsBounded(t *testing.T) {
	m := onnxtest.MustParse(t, sound)
	for i := range 100 {
		m.Graph.Nodes = append(m.Graph.Nodes, &onnx.Node{Name: fmt.Sprint(i)})
	}
	var faults *onnx.Faults
	if err := m.Check(); !errors.As(err, &faults) || len(faults.List) != 20 || faults.More != 80 {
		t.Errorf("Check lists %d faults and %d more, wanted 20 and 80", len(faults.List), faults.More)
	}
}

func TestGraphCheck(t *testing.T) {
	m := onnxtest.MustParse(t, sound)
	m.Opsets = nil // a graph by itself knows no domains
	if err := m.Graph.Check(); err != nil {
		t.Error(err)
	}
	if err := subgraph(m).Check(); err == nil || !strings.Contains(err.Error(), `reads "a"`) {
		t.Errorf("a subgraph by itself reads what it does not define: %v", err)
	}
}

func TestCheckAcceptsRandom(t *testing.T) {
	for seed := range uint64(50) {
		for _, m := range []*onnx.Model{onnxtest.Random(seed), onnxtest.Exotic(seed)} {
			if err := m.Check(); err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, m)
			}
		}
	}
}

func TestCloneIsDeep(t *testing.T) {
	for seed := range uint64(30) {
		m := onnxtest.Exotic(seed)
		c := m.Clone()
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		if d := onnxtest.Diff(m, c); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		// Whatever is done to the clone does not show in the original.
		before := onnx.Format(m)
		spoil(c.Graph)
		for _, f := range c.Functions {
			f.Opsets["x"], f.Attrs[0], f.Defaults[0].Ints[0] = 1, "spoilt", 99
			f.Nodes[0].Op, f.Inputs[0].Name = "Spoilt", "spoilt"
		}
		c.Opsets["spoilt"] = 1
		c.Metadata[0].Key = "spoilt"
		if after := onnx.Format(m); after != before {
			t.Fatalf("seed %d: the original changed from\n%s\nto\n%s", seed, before, after)
		}
	}
}

// spoil changes everything in g that Clone promises to copy.
func spoil(g *onnx.Graph) {
	for _, v := range g.Values() {
		v.Name += "?"
		v.Type = onnx.TensorOf(onnx.Bool, onnx.NewShape(7))
		if v.Init != nil {
			v.Init.Dims = append(v.Init.Dims, 1)
			v.Init.Name = "spoilt"
		}
	}
	for _, n := range g.Nodes {
		n.Op = "Spoilt"
		for i := range n.Attrs {
			a := &n.Attrs[i]
			for k := range a.Ints {
				a.Ints[k] = 99
			}
			for k := range a.Strs {
				a.Strs[k] = "spoilt"
			}
			if a.Type != nil {
				a.Type.Shape[0] = onnx.AnyDim
			}
			if a.Tensor != nil {
				a.Tensor.Name = "spoilt"
			}
			for _, sub := range a.Subgraphs() {
				spoil(sub)
			}
		}
	}
	g.Inputs, g.Nodes = append(g.Inputs[:0], nil), append(g.Nodes[:0], nil)
}

func TestGraphCloneKeepsOuterValues(t *testing.T) {
	m := onnxtest.MustParse(t, sound)
	c := subgraph(m).Clone()
	if c.Nodes[0].Inputs[0] != m.Graph.Nodes[0].Outputs[0] {
		t.Error("the clone of a subgraph reads a copy of the outer value")
	}
	if c.Outputs[0] == subgraph(m).Outputs[0] || c.Outputs[0].Producer != c.Nodes[0] {
		t.Error("the clone of a subgraph shares its own values")
	}
}
