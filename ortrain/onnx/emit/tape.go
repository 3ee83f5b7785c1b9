// Package emit appends nodes to a graph. Its one type, Tape, infers the type
// of everything it appends, keeps the first error, and names nodes and values
// after the place they come from.
//
// Path: New, then one method per operator (t.Add(a, b), t.MatMul(a, b), …) that
// returns the output value, then Err once at the end. After an error every
// method returns a value without a type and appends nothing, so a builder can
// be written without checks between the lines.
//
// A Tape is not safe for concurrent use.
package emit

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/infer"
)

// Tape appends to one graph, or collects the nodes of a function body.
type Tape struct {
	graph  *onnx.Graph
	opsets onnx.Opsets
	infer  *infer.Inferrer
	err    error
	scope  string
	taken  map[string]bool
	next   map[string]int
	consts map[string]*onnx.Value
	// inline makes constants Constant nodes, since a function body has no
	// initializers.
	inline bool
}

// New returns a tape that appends to the graph of a model: its opsets and
// functions are those that appended nodes may use.
func New(m *onnx.Model) *Tape {
	t := &Tape{
		graph:  m.Graph,
		opsets: m.Opsets,
		infer:  infer.New(m.Opsets, m.Functions),
		taken:  make(map[string]bool),
		next:   make(map[string]int),
		consts: make(map[string]*onnx.Value),
	}
	for name := range m.Graph.Values() {
		t.taken[name] = true
	}
	for _, n := range m.Graph.Nodes {
		t.taken[n.Name] = true
		// Types may be known already; what matters here is the shape data.
		_ = t.infer.Node(n)
	}
	return t
}

// Body returns a tape that collects the nodes of a function body written
// against opsets. Constants become Constant nodes.
func Body(opsets onnx.Opsets) *Tape {
	t := New(&onnx.Model{Opsets: opsets, Graph: &onnx.Graph{}})
	t.inline = true
	return t
}

// Graph returns the graph that the tape appends to.
func (t *Tape) Graph() *onnx.Graph { return t.graph }

// Opset returns the version of a domain that nodes are written against.
func (t *Tape) Opset(domain string) int64 { return t.opsets.Of(domain) }

// Err returns the first error.
func (t *Tape) Err() error { return t.err }

// Fail records err unless an earlier error is there already.
func (t *Tape) Fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Scope sets the prefix of the names of what follows and returns the previous
// one, so that callers can restore it.
func (t *Tape) Scope(prefix string) string {
	old := t.scope
	t.scope = prefix
	return old
}

// Data returns what inference knows of the integers in v (see infer.Data).
func (t *Tape) Data(v *onnx.Value) []onnx.Dim { return t.infer.Data(v) }

// Input adds a graph input.
func (t *Tape) Input(name string, typ onnx.Type) *onnx.Value {
	v := &onnx.Value{Name: t.claim(name), Type: typ}
	t.graph.Inputs = append(t.graph.Inputs, v)
	return v
}

// Output makes v a graph output under the given name. A value that has another
// name already gets an Identity.
func (t *Tape) Output(name string, v *onnx.Value) *onnx.Value {
	switch {
	case t.err != nil:
		return v
	case v.Name != name && !t.taken[name] && v.Producer != nil && t.graph.Output(v.Name) == nil:
		t.taken[name] = true
		v.Name = name
	case v.Name != name:
		v = t.named(name, onnx.DomainDefault, "Identity", []*onnx.Value{v})
	}
	t.graph.Outputs = append(t.graph.Outputs, v)
	return v
}

// Initializer adds a constant under the given name.
func (t *Tape) Initializer(name string, data *onnx.Tensor) *onnx.Value {
	data.Name = t.claim(name)
	v := &onnx.Value{Name: data.Name, Type: data.Type(), Init: data}
	t.graph.Initializers = append(t.graph.Initializers, v)
	return v
}

// Const returns a value that holds data; equal constants share one value.
func (t *Tape) Const(data *onnx.Tensor) *onnx.Value {
	id := data.Type().String() + string(data.Raw)
	if v, ok := t.consts[id]; ok {
		return v
	}
	var v *onnx.Value
	if t.inline {
		v = t.Node(onnx.DomainDefault, "Constant", 1, nil, onnx.TensorAttr("value", data))[0]
	} else {
		v = t.Initializer(t.fresh("const"), data)
	}
	t.consts[id] = v
	return v
}

// Node appends a node with n outputs and returns them. Nil inputs are omitted
// ones; trailing ones are dropped.
func (t *Tape) Node(domain, op string, n int, inputs []*onnx.Value, attrs ...onnx.Attr) []*onnx.Value {
	base := t.fresh(op)
	outputs := make([]*onnx.Value, n)
	for i := range outputs {
		name := base
		if i > 0 {
			name += "." + strconv.Itoa(i)
		}
		outputs[i] = &onnx.Value{Name: t.claim(name)}
	}
	t.add(base, domain, op, inputs, outputs, attrs)
	return outputs
}

// Op appends a node of the default domain with one output.
func (t *Tape) Op(op string, inputs []*onnx.Value, attrs ...onnx.Attr) *onnx.Value {
	return t.Node(onnx.DomainDefault, op, 1, inputs, attrs...)[0]
}

func (t *Tape) named(output, domain, op string, inputs []*onnx.Value, attrs ...onnx.Attr) *onnx.Value {
	v := &onnx.Value{Name: t.claim(output)}
	t.add(t.fresh(op), domain, op, inputs, []*onnx.Value{v}, attrs)
	return v
}

func (t *Tape) add(name, domain, op string, inputs, outputs []*onnx.Value, attrs []onnx.Attr) {
	if t.err != nil {
		return
	}
	for len(inputs) > 0 && inputs[len(inputs)-1] == nil {
		inputs = inputs[:len(inputs)-1]
	}
	n := onnx.NewNode(domain, op, inputs, outputs, attrs...)
	n.Name = name
	if t.opsets.Of(domain) == 0 {
		t.Fail(fmt.Errorf("emit: node %q: the model does not import domain %q that %s needs: %w", name, domain, op, onnx.ErrInvalid))
		return
	}
	if err := t.infer.Node(n); err != nil {
		t.Fail(fmt.Errorf("emit: %w", err))
		return
	}
	t.graph.Nodes = append(t.graph.Nodes, n)
}

// fresh returns an unused name for op in the current scope.
func (t *Tape) fresh(op string) string {
	base := op
	if t.scope != "" {
		base = t.scope + "/" + op
	}
	for {
		k := t.next[base]
		t.next[base]++
		name := base
		if k > 0 {
			name += "_" + strconv.Itoa(k)
		}
		if !t.taken[name] {
			return name
		}
	}
}

// claim marks a name as used; a name used twice is an error.
func (t *Tape) claim(name string) string {
	if t.taken[name] {
		t.Fail(fmt.Errorf("emit: the name %q is taken: %w", name, onnx.ErrInvalid))
	}
	t.taken[name] = true
	return name
}

// Keep appends a node that exists already, inferring it anew. Use it to rebuild
// a graph node by node.
func (t *Tape) Keep(n *onnx.Node) {
	if t.err != nil {
		return
	}
	if err := t.infer.Node(n); err != nil && !errors.Is(err, infer.ErrNoRule) {
		t.Fail(fmt.Errorf("emit: %w", err))
		return
	}
	t.graph.Nodes = append(t.graph.Nodes, n)
}

// Rename gives v, which this tape made, another name and reports whether that
// name was free; v keeps its old one otherwise.
func (t *Tape) Rename(v *onnx.Value, name string) bool {
	if t.err != nil || t.taken[name] {
		return v.Name == name
	}
	t.taken[name] = true
	v.Name = name
	return true
}

// Extend gives a node of the graph all of its first n outputs, making those
// that were omitted, and infers it anew.
func (t *Tape) Extend(node *onnx.Node, n int) {
	if t.err != nil {
		return
	}
	base := node.Name
	if base == "" && node.Output(0) != nil {
		base = node.Output(0).Name
	}
	for i := range n {
		if node.Output(i) != nil {
			continue
		}
		name := base + "." + strconv.Itoa(i)
		for t.taken[name] {
			name += "_"
		}
		v := &onnx.Value{Name: t.claim(name), Producer: node}
		if i < len(node.Outputs) {
			node.Outputs[i] = v
		} else {
			node.Outputs = append(node.Outputs, v)
		}
	}
	if err := t.infer.Node(node); err != nil {
		t.Fail(fmt.Errorf("emit: %w", err))
	}
}
