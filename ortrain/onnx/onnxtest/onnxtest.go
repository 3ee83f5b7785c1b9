// Package onnxtest helps to test code that works on onnx models: MustParse
// turns text into a model, Diff and Equal compare models by structure, Random
// makes small models that can run and Exotic ones that use every corner of the
// representation.
//
// Faults are reported to the testing.TB that is passed. The functions keep no
// state and may be called concurrently. Only test files import this package.
package onnxtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// MustParse returns the model that text describes in ONNX textual syntax, or
// ends the test. Mind that the syntax has "float" for a scalar and "float[]"
// for a tensor of unknown rank.
func MustParse(t testing.TB, text string) *onnx.Model {
	t.Helper()
	m, err := onnx.Parse(text)
	if err != nil {
		t.Fatalf("parsing a model: %v", err)
	}
	return m
}

// MustParseFunction returns the function that text describes, or ends the test.
func MustParseFunction(t testing.TB, text string) *onnx.Function {
	t.Helper()
	f, err := onnx.ParseFunction(text)
	if err != nil {
		t.Fatalf("parsing a function: %v", err)
	}
	return f
}

// Option changes what Diff and Equal look at.
type Option int

const (
	// IgnoreNames compares models as if values, graphs and nodes had no names
	// but their positions; the names of operators and attributes still count.
	IgnoreNames Option = iota + 1
	// IgnoreTypes leaves out the types of values that nodes inside a graph
	// write.
	IgnoreTypes
)

// Equal reports an error to t, with the difference, unless got has the
// structure of want.
func Equal(t testing.TB, got, want *onnx.Model, options ...Option) {
	t.Helper()
	if d := Diff(want, got, options...); d != "" {
		t.Errorf("models differ (- wanted, + got):\n%s", d)
	}
}

// Diff returns the lines in which the texts of two models differ, those of a
// marked "-" and those of b "+", or "" when their structures are equal. What
// onnx.Print leaves out (documentation, metadata) does not count.
func Diff(a, b *onnx.Model, options ...Option) string {
	ta, tb := textOf(a, options), textOf(b, options)
	if ta == tb {
		return ""
	}
	la, lb := strings.Split(ta, "\n"), strings.Split(tb, "\n")
	skip := 0
	for skip < min(len(la), len(lb)) && la[skip] == lb[skip] {
		skip++
	}
	la, lb = la[skip:], lb[skip:]
	for len(la) > 0 && len(lb) > 0 && la[len(la)-1] == lb[len(lb)-1] {
		la, lb = la[:len(la)-1], lb[:len(lb)-1]
	}
	return fmt.Sprintf("from line %d on\n%s%s", skip+1, mark("- ", la), mark("+ ", lb))
}

// mark puts a sign before each of the lines, of which it shows so many.
func mark(sign string, lines []string) string {
	const most = 40
	var b strings.Builder
	for i, line := range lines {
		if i == most {
			fmt.Fprintf(&b, "%s… %d more lines\n", sign, len(lines)-most)
			break
		}
		b.WriteString(sign + line + "\n")
	}
	return b.String()
}

func textOf(m *onnx.Model, options []Option) string {
	c := m.Clone()
	r := &renamer{types: slices.Contains(options, IgnoreTypes), names: slices.Contains(options, IgnoreNames)}
	r.graph(c.Graph)
	for _, f := range c.Functions {
		r.values("in", f.Inputs)
		r.nodes(f.Nodes)
		if r.types {
			f.Info = nil
		}
	}
	return onnx.Format(c)
}

// renamer numbers values and drops types.
type renamer struct {
	types, names bool
	next         int
}

func (r *renamer) graph(g *onnx.Graph) {
	if r.names {
		g.Name = "g"
	}
	r.values("in", g.Inputs)
	for _, v := range append(slices.Clone(g.Initializers), g.Sparse...) {
		if !slices.Contains(g.Inputs, v) {
			r.values("w", []*onnx.Value{v})
		}
	}
	if r.types {
		for _, n := range g.Nodes {
			for _, v := range n.Outputs {
				if v != nil && !slices.Contains(g.Outputs, v) {
					v.Type = onnx.Type{}
				}
			}
		}
	}
	r.nodes(g.Nodes)
}

func (r *renamer) nodes(nodes []*onnx.Node) {
	for _, n := range nodes {
		if r.names {
			n.Name = ""
		}
		for _, a := range n.Attrs {
			for _, g := range a.Subgraphs() {
				r.graph(g)
			}
		}
		r.values("v", n.Outputs)
	}
}

func (r *renamer) values(prefix string, values []*onnx.Value) {
	for _, v := range values {
		if v == nil || !r.names {
			continue
		}
		v.Name = fmt.Sprintf("%s%d", prefix, r.next)
		r.next++
	}
}
