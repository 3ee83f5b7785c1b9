package autodiff

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// plan says which nodes take part in the backward pass.
type plan struct {
	nodes []*onnx.Node
	// rules holds the rule of each node, nil where the table has none.
	rules []*Rule
	// varies holds the values that depend on a wanted one along edges that carry
	// a gradient.
	varies map[*onnx.Value]bool
	// active marks nodes with a varying input; needed those that also reach
	// what is differentiated.
	active, needed []bool
	// wanted holds the values that what is differentiated depends on.
	wanted map[*onnx.Value]bool
}

// newPlan finds nodes reachable from wrt that reach one of the roots.
func newPlan(m *onnx.Model, table Table, wrt, roots []*onnx.Value) *plan {
	p := &plan{
		nodes:  m.Graph.Nodes,
		rules:  make([]*Rule, len(m.Graph.Nodes)),
		active: make([]bool, len(m.Graph.Nodes)),
		needed: make([]bool, len(m.Graph.Nodes)),
		varies: make(map[*onnx.Value]bool),
		wanted: make(map[*onnx.Value]bool),
	}
	captured := make(map[*onnx.Node][]*onnx.Value)
	for v, uses := range m.Graph.Uses() {
		for _, u := range uses {
			if u.Index < 0 {
				captured[u.Node] = append(captured[u.Node], v)
			}
		}
	}
	for _, v := range wrt {
		p.varies[v] = true
	}
	for k, n := range p.nodes {
		p.rules[k], _ = table.Lookup(n.Domain, n.Op, m.Opsets.Of(n.Domain))
		p.forward(k, captured[n])
	}
	for _, v := range roots {
		p.wanted[v] = true
	}
	for k := len(p.nodes) - 1; k >= 0; k-- {
		p.backward(k, captured[p.nodes[k]])
	}
	return p
}

// carries reports whether a gradient may flow along input i of node k.
func (p *plan) carries(k, i int) bool {
	v := p.nodes[k].Inputs[i]
	if v == nil || !p.varies[v] {
		return false
	}
	if r := p.rules[k]; r != nil {
		for _, s := range r.Stops {
			if s == i {
				return false
			}
		}
	}
	return true
}

// isFloat reports whether values of this type can carry a gradient; an unknown
// type may.
func isFloat(v *onnx.Value) bool {
	return v.Type.Kind != onnx.TensorKind || v.Type.DType == onnx.Undefined || v.Type.DType.IsFloat()
}

func (p *plan) forward(k int, captured []*onnx.Value) {
	for i := range p.nodes[k].Inputs {
		p.active[k] = p.active[k] || p.carries(k, i)
	}
	for _, v := range captured {
		p.active[k] = p.active[k] || p.varies[v]
	}
	if !p.active[k] {
		return
	}
	for _, v := range p.nodes[k].Outputs {
		if v != nil && isFloat(v) {
			p.varies[v] = true
		}
	}
}

func (p *plan) backward(k int, captured []*onnx.Value) {
	if !p.active[k] {
		return
	}
	for _, v := range p.nodes[k].Outputs {
		p.needed[k] = p.needed[k] || p.wanted[v] && p.varies[v]
	}
	if !p.needed[k] {
		return
	}
	for i, v := range p.nodes[k].Inputs {
		if p.carries(k, i) {
			p.wanted[v] = true
		}
	}
	for _, v := range captured {
		if p.varies[v] {
			p.wanted[v] = true
		}
	}
}

// missing lists the needed nodes without a rule, nil if there are none.
func (p *plan) missing(m *onnx.Model, table Table) error {
	e := &NoRuleError{}
	for k, n := range p.nodes {
		if !p.needed[k] || p.rules[k] != nil {
			continue
		}
		one := Missing{Node: label(n), Domain: n.Domain, Op: n.Op, Opset: m.Opsets.Of(n.Domain), Path: p.path(k)}
		if r, ok := table.other(n.Domain, n.Op); ok {
			one.Hint = fmt.Sprintf("there is a rule for opset %d", r.Since)
			if r.Until != 0 {
				one.Hint += fmt.Sprintf(" to %d", r.Until)
			}
		} else if m.Function(n.Domain, n.Op, n.Overload) != nil {
			one.Hint = "a model-local function: inline it first"
		}
		e.Missing = append(e.Missing, one)
	}
	if len(e.Missing) == 0 {
		return nil
	}
	return e
}

// path names the nodes from node k to the loss, taking the first way at every
// fork.
func (p *plan) path(k int) []string {
	path := []string{label(p.nodes[k])}
	for next := k + 1; next < len(p.nodes); next++ {
		if p.needed[next] && p.feeds(k, next) {
			k = next
			path = append(path, label(p.nodes[k]))
		}
	}
	return path
}

// feeds reports whether node next reads an output of node k.
func (p *plan) feeds(k, next int) bool {
	for i, v := range p.nodes[next].Inputs {
		if v != nil && v.Producer == p.nodes[k] && p.carries(next, i) {
			return true
		}
	}
	return false
}

// status explains why a node has no part in the backward pass.
func (p *plan) status(k int) (Status, string) {
	if !p.active[k] {
		for i, v := range p.nodes[k].Inputs {
			if v != nil && p.varies[v] && !p.carries(k, i) {
				return Stopped, fmt.Sprintf("input %d carries no gradient", i)
			}
		}
		return Constant, "depends on no wanted value"
	}
	for _, v := range p.nodes[k].Outputs {
		if v != nil && p.varies[v] {
			return Constant, "the loss does not depend on it"
		}
	}
	return Stopped, "its outputs carry no gradient"
}
