package onnx

import (
	"errors"
	"slices"
)

// ErrInvalid is wrapped by every error about a model that breaks the rules of
// ONNX or the invariants of this package.
var ErrInvalid = errors.New("invalid model")

// Domains in use. The default domain is written "" in files and here.
const (
	DomainDefault   = ""
	DomainMicrosoft = "com.microsoft"
	DomainOrtrain   = "ortrain"
)

// Opsets maps each operator domain to the version that a model was written
// against.
type Opsets map[string]int64

// Of returns the version of a domain, 0 when the model does not import it. The
// domain "ai.onnx" is the default domain.
func (o Opsets) Of(domain string) int64 {
	if domain == "ai.onnx" {
		domain = DomainDefault
	}
	return o[domain]
}

// Model is a graph with everything a file says about it.
type Model struct {
	IRVersion       int64
	Opsets          Opsets
	ProducerName    string
	ProducerVersion string
	Domain          string
	ModelVersion    int64
	Doc             string
	Graph           *Graph
	Functions       []*Function
	Metadata        []Pair
	// Extra holds what a file says beyond these fields (training_info, device
	// configurations, fields of later versions) as the codec found it. Only the
	// codec reads it; the same goes for the other fields called Extra.
	Extra []byte
}

// Function is a model-local operator defined by a body of nodes.
type Function struct {
	Domain, Name, Overload string
	Inputs, Outputs        []*Value
	// Attrs names the attributes without a default; Defaults gives the others.
	Attrs    []string
	Defaults []Attr
	Nodes    []*Node
	Opsets   Opsets
	Doc      string
	// Info holds the values of the body that carry a type.
	Info     []*Value
	Metadata []Pair
	Extra    []byte
}

// Graph is a list of nodes in an order in which they can run.
type Graph struct {
	Name string
	Doc  string
	// Inputs may overlap Initializers: such an input has a default.
	Inputs, Outputs []*Value
	// Initializers are the values with a constant Tensor, in file order.
	Initializers []*Value
	Nodes        []*Node
	// Sparse are the values with a constant sparse tensor; they are kept, not
	// computed with.
	Sparse   []*Value
	Metadata []Pair
	Extra    []byte
}

// Node is one operator call.
type Node struct {
	Op, Domain, Overload string
	Name                 string
	Doc                  string
	// Inputs and Outputs are positional; nil marks an omitted optional one.
	Inputs, Outputs []*Value
	Attrs           []Attr
	Metadata        []Pair
	Extra           []byte
}

// Value is what flows between nodes.
type Value struct {
	Name string
	Doc  string
	Type Type
	// Producer is the node that writes the value, nil for inputs, initializers
	// and values of an outer graph.
	Producer *Node
	// Init is the constant content of an initializer, nil otherwise.
	Init *Tensor
	// Sparse is the constant content of a sparse initializer, nil otherwise.
	Sparse   *SparseTensor
	Metadata []Pair
	Extra    []byte
}

// Origin follows the nodes that only change a value's type or shape (Cast,
// Identity, Reshape, Flatten, Squeeze, Unsqueeze) back to what they read; nil if
// that is missing.
func (v *Value) Origin() *Value {
	for v != nil && v.Producer != nil {
		switch v.Producer.Op {
		case "Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze":
			v = v.Producer.Input(0)
		default:
			return v
		}
	}
	return v
}

// Use is one place where a value is read.
type Use struct {
	Node  *Node
	Index int
}

// String returns the value's name and type, such as "x: float[T,384]".
func (v *Value) String() string {
	if v == nil {
		return "(omitted)"
	}
	return v.Name + ": " + v.Type.String()
}

// Const returns the constant content of v: an initializer's tensor or a
// Constant node's value. It returns nil for anything else, and for an
// initializer that is also an overridable graph input the default.
func (v *Value) Const() *Tensor {
	if v == nil {
		return nil
	}
	if v.Init != nil {
		return v.Init
	}
	if p := v.Producer; p != nil && p.Op == "Constant" && p.Domain == DomainDefault {
		return constantTensor(p)
	}
	return nil
}

func constantTensor(n *Node) *Tensor {
	for i := range n.Attrs {
		a := &n.Attrs[i]
		switch {
		case a.Ref != "":
			return nil
		case a.Name == "value":
			return a.Tensor
		case a.Name == "value_int":
			return NewTensor(nil, a.Int)
		case a.Name == "value_ints":
			return NewTensor([]int64{int64(len(a.Ints))}, a.Ints...)
		case a.Name == "value_float":
			return NewTensor(nil, a.Float)
		case a.Name == "value_floats":
			return NewTensor([]int64{int64(len(a.Floats))}, a.Floats...)
		}
	}
	return nil
}

// NewNode returns a node with its outputs linked back to it.
func NewNode(domain, op string, inputs, outputs []*Value, attrs ...Attr) *Node {
	n := &Node{Op: op, Domain: domain, Inputs: inputs, Outputs: outputs, Attrs: attrs}
	for _, v := range outputs {
		if v != nil {
			v.Producer = n
		}
	}
	return n
}

// Input returns input i, nil if it is omitted or beyond the list.
func (n *Node) Input(i int) *Value {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return nil
}

// Output returns output i, nil if it is omitted or beyond the list.
func (n *Node) Output(i int) *Value {
	if i < len(n.Outputs) {
		return n.Outputs[i]
	}
	return nil
}

// Attr returns the attribute called name, nil if the node has none.
func (n *Node) Attr(name string) *Attr {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			return &n.Attrs[i]
		}
	}
	return nil
}

// Int returns the integer attribute called name, or def.
func (n *Node) Int(name string, def int64) int64 {
	if a := n.Attr(name); a != nil && a.Kind == AttrInt {
		return a.Int
	}
	return def
}

// Float returns the float attribute called name, or def.
func (n *Node) Float(name string, def float32) float32 {
	if a := n.Attr(name); a != nil && a.Kind == AttrFloat {
		return a.Float
	}
	return def
}

// Str returns the string attribute called name, or def.
func (n *Node) Str(name, def string) string {
	if a := n.Attr(name); a != nil && a.Kind == AttrString {
		return a.Str
	}
	return def
}

// Ints returns the integer-list attribute called name, nil if absent.
func (n *Node) Ints(name string) []int64 {
	if a := n.Attr(name); a != nil && a.Kind == AttrInts {
		return a.Ints
	}
	return nil
}

// Uses lists where each value of the graph's nodes is read, in node order;
// reads inside attribute subgraphs count as reads by the node that carries the
// subgraph, with index -1.
func (g *Graph) Uses() map[*Value][]Use {
	uses := make(map[*Value][]Use)
	for _, n := range g.Nodes {
		for i, v := range n.Inputs {
			if v != nil {
				uses[v] = append(uses[v], Use{n, i})
			}
		}
		for _, v := range n.captured() {
			uses[v] = append(uses[v], Use{n, -1})
		}
	}
	return uses
}

// captured lists the values that subgraphs of n read from outside themselves.
func (n *Node) captured() []*Value {
	var out []*Value
	for i := range n.Attrs {
		for _, g := range n.Attrs[i].Subgraphs() {
			out = append(out, g.free()...)
		}
	}
	return out
}

// Subgraphs returns the graphs that the attribute holds.
func (a *Attr) Subgraphs() []*Graph {
	if a.Graph != nil {
		return append(slices.Clone(a.Graphs), a.Graph)
	}
	return a.Graphs
}

// free lists the values a subgraph reads and does not define.
func (g *Graph) free() []*Value {
	own := make(map[*Value]bool)
	for _, list := range [][]*Value{g.Inputs, g.Initializers, g.Sparse} {
		for _, v := range list {
			own[v] = true
		}
	}
	var out []*Value
	read := func(v *Value) {
		if v != nil && !own[v] {
			out = append(out, v)
		}
	}
	for _, n := range g.Nodes {
		for _, v := range n.Inputs {
			read(v)
		}
		for _, v := range n.captured() {
			read(v)
		}
		for _, v := range n.Outputs {
			own[v] = true
		}
	}
	for _, v := range g.Outputs {
		read(v)
	}
	return out
}

// Input returns the graph input called name, nil if there is none.
func (g *Graph) Input(name string) *Value { return find(g.Inputs, name) }

// Output returns the graph output called name, nil if there is none.
func (g *Graph) Output(name string) *Value { return find(g.Outputs, name) }

// Initializer returns the initializer called name, nil if there is none.
func (g *Graph) Initializer(name string) *Value { return find(g.Initializers, name) }

func find(list []*Value, name string) *Value {
	for _, v := range list {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Values returns every value of the graph by name. Of equal names, which Check
// refuses, the last wins.
func (g *Graph) Values() map[string]*Value {
	byName := make(map[string]*Value)
	add := func(list []*Value) {
		for _, v := range list {
			if v != nil {
				byName[v.Name] = v
			}
		}
	}
	add(g.Inputs)
	add(g.Initializers)
	add(g.Sparse)
	for _, n := range g.Nodes {
		add(n.Outputs)
	}
	return byName
}

// ReplaceUses makes every reader of old in the graph, its outputs included,
// read with instead.
func (g *Graph) ReplaceUses(old, with *Value) {
	for _, n := range g.Nodes {
		for i, v := range n.Inputs {
			if v == old {
				n.Inputs[i] = with
			}
		}
		for i := range n.Attrs {
			for _, sub := range n.Attrs[i].Subgraphs() {
				sub.ReplaceUses(old, with)
			}
		}
	}
	for i, v := range g.Outputs {
		if v == old {
			g.Outputs[i] = with
		}
	}
}

// Function returns the model-local function that a node calls, nil if it calls
// an operator.
func (m *Model) Function(domain, name, overload string) *Function {
	for _, f := range m.Functions {
		if f.Domain == domain && f.Name == name && f.Overload == overload {
			return f
		}
	}
	return nil
}
