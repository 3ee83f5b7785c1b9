// Package pass rewrites graphs in named, ordered steps.
//
// Nouns: a Pass changes a model in place; Run applies several and says which
// one failed. Rewrite is the tool most passes are made of: it rebuilds a graph
// node by node and lets a function replace single nodes by what it emits on a
// tape.
//
// Errors name the pass and wrap what went wrong; the model is then in an
// undefined state and must be dropped. Passes are not safe for concurrent use
// on one model.
package pass

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// Pass is one named rewriting step.
type Pass struct {
	Name string
	// Doc says in one sentence what holds afterwards.
	Doc string
	// Apply changes the model in place.
	Apply func(m *onnx.Model) error
}

// Run applies the passes in order.
func Run(m *onnx.Model, passes ...Pass) error {
	for _, p := range passes {
		if err := p.Apply(m); err != nil {
			return fmt.Errorf("pass: %s: %w", p.Name, err)
		}
	}
	return nil
}

// Replace emits what takes the place of n and returns one value for each of
// n's outputs (nil for an omitted one), or returns nil to keep n. Inputs of n
// are up to date when it is called.
type Replace func(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error)

// Rewrite rebuilds the graph of m, passing every node to replace. Values that
// take the place of others get their names, so that the names of graph outputs
// and of everything that a reader may look for survive.
func Rewrite(m *onnx.Model, replace Replace) error {
	t := emit.New(m)
	g := m.Graph
	nodes := g.Nodes
	g.Nodes = make([]*onnx.Node, 0, len(nodes))
	r := &rewriter{tape: t, old: make(map[*onnx.Value]bool), with: make(map[*onnx.Value]*onnx.Value)}
	r.note(g.Inputs)
	r.note(g.Initializers)
	for _, n := range nodes {
		r.note(n.Outputs)
	}
	for _, n := range nodes {
		r.rename(n)
		t.Scope(n.Name)
		made, err := replace(t, n)
		if err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.Op, err)
		}
		if made == nil {
			t.Keep(n)
			continue
		}
		if err := r.adopt(n, made); err != nil {
			return err
		}
	}
	if err := t.Err(); err != nil {
		return err
	}
	return r.outputs(g)
}

// rewriter maps the values of the old graph to those that took their place.
type rewriter struct {
	tape *emit.Tape
	old  map[*onnx.Value]bool
	with map[*onnx.Value]*onnx.Value
}

func (r *rewriter) note(list []*onnx.Value) {
	for _, v := range list {
		r.old[v] = true
	}
}

// rename points the inputs of n at the values that took their place.
func (r *rewriter) rename(n *onnx.Node) {
	for i, v := range n.Inputs {
		if w, ok := r.with[v]; ok {
			n.Inputs[i] = w
		}
	}
}

func (r *rewriter) adopt(n *onnx.Node, made []*onnx.Value) error {
	for i, v := range n.Outputs {
		if v == nil {
			continue
		}
		if i >= len(made) || made[i] == nil {
			continue // a reader of v, if there is one, is found by Check
		}
		w := made[i]
		r.with[v] = w
		if !r.old[w] && w.Producer != nil {
			// A fresh value answers to the old name; once, if it stands for two.
			w.Name = v.Name
			r.old[w] = true
		}
	}
	return r.tape.Err()
}

// outputs keeps the names of graph outputs whose value was replaced by one
// that has another name.
func (r *rewriter) outputs(g *onnx.Graph) error {
	for i, v := range g.Outputs {
		w, replaced := r.with[v]
		if !replaced {
			continue
		}
		if w.Name != v.Name {
			r.tape.Scope("output")
			w = r.tape.Identity(w)
			w.Name = v.Name
		}
		g.Outputs[i] = w
	}
	return r.tape.Err()
}
