package onnx

import (
	"fmt"
	"slices"
	"strings"
)

const (
	// maxFaults bounds how many faults one Faults lists.
	maxFaults = 20
	// maxNesting bounds how deep graphs may nest.
	maxNesting = 64
	// minIRVersion is the first with operator set imports; functionIRVersion
	// the first with model-local functions; overloadIRVersion the first in which
	// functions of one name can differ.
	minIRVersion      = 3
	functionIRVersion = 8
	overloadIRVersion = 10
)

// Faults is what Check found. It wraps ErrInvalid.
type Faults struct {
	// List holds the first faults, each naming its node or value.
	List []string
	// More is the number of further faults.
	More int
}

// Error returns the faults, one a line.
func (f *Faults) Error() string {
	s := "onnx: " + strings.Join(f.List, "\nonnx: ")
	if f.More > 0 {
		s += fmt.Sprintf("\nonnx: and %d more", f.More)
	}
	return s
}

// Unwrap returns ErrInvalid.
func (f *Faults) Unwrap() error { return ErrInvalid }

// Check reports everything in which the model breaks the rules of ONNX or the
// invariants of this package, as *Faults:
//
//   - every value has a name that no other value of its graph has, and a name
//     that is read means the value that the reader points to;
//   - inputs of a node are defined before it, by its graph or those around it;
//   - outputs point back to their node, everything else has no producer;
//   - initializers have their data, whose size fits type and dimensions, and
//     inputs with a default are listed among them;
//   - attributes have one value, of their kind, and refer to function
//     attributes only inside functions;
//   - the domain of every operator is imported, functions are not recursive,
//     and the IR version knows what is used.
//
// It does not know operators: arity, attribute names and types are checked by
// infer.
func (m *Model) Check() error {
	c := &checker{model: m}
	if m.IRVersion < minIRVersion {
		c.fault("the model has IR version %d; %d or newer is expected", m.IRVersion, minIRVersion)
	}
	for domain, version := range m.Opsets {
		if version < 1 {
			c.fault("the model imports version %d of operator set %q; 1 or newer is expected", version, domain)
		}
	}
	if m.Graph == nil {
		c.fault("the model has no graph")
	} else {
		c.opsets = m.Opsets
		c.graph(m.Graph, nil)
	}
	c.functions()
	return c.result()
}

// Check reports what is wrong with a graph by itself, as Model.Check does, but
// for operator domains, of which it knows nothing.
func (g *Graph) Check() error {
	c := &checker{}
	c.graph(g, nil)
	return c.result()
}

// checker collects faults.
type checker struct {
	model *Model // nil to leave domains alone
	// opsets are the imports of the model or function being checked; function
	// is nil outside functions.
	opsets   Opsets
	function *Function
	depth    int
	found    Faults
}

func (c *checker) fault(format string, args ...any) {
	if len(c.found.List) == maxFaults {
		c.found.More++
		return
	}
	c.found.List = append(c.found.List, fmt.Sprintf(format, args...))
}

func (c *checker) result() error {
	if len(c.found.List) == 0 {
		return nil
	}
	return &c.found
}

// names are the values visible in a graph.
type names struct {
	up   *names
	here map[string]*Value
}

func (s *names) find(name string) *Value {
	for ; s != nil; s = s.up {
		if v := s.here[name]; v != nil {
			return v
		}
	}
	return nil
}

// define enters a value that what defines.
func (c *checker) define(s *names, v *Value, what string) {
	switch old := s.here[v.Name]; {
	case v.Name == "":
		c.fault("%s has no name", what)
	case old == v:
		c.fault("%s %q is defined twice", what, v.Name)
	case old != nil:
		c.fault("%s %q has the name of another value of the graph; names must be unique", what, v.Name)
	default:
		s.here[v.Name] = v
	}
}

// read checks that v is what its name means where it is read.
func (c *checker) read(s *names, v *Value, who func() string) {
	switch got := s.find(v.Name); {
	case got == v:
	case got == nil:
		c.fault("%s reads %q, which nothing before it defines", who(), v.Name)
	default:
		c.fault("%s reads a value %q that is not the one which has this name here; values must be the same pointer", who(), v.Name)
	}
}

func (c *checker) graph(g *Graph, up *names) {
	if c.depth++; c.depth > maxNesting {
		c.fault("graph %q: graphs nest more than %d deep", g.Name, maxNesting)
		c.depth--
		return
	}
	defer func() { c.depth-- }()
	s := &names{up: up, here: make(map[string]*Value)}
	c.inputs(g.Inputs, s)
	for _, v := range g.Inputs {
		if v != nil && v.Init != nil && !slices.Contains(g.Initializers, v) {
			c.fault("graph input %q has data but is not listed among the initializers", v.Name)
		}
	}
	c.initializers(g, s)
	c.nodes(g.Nodes, s)
	seen := make(map[*Value]bool)
	for i, v := range g.Outputs {
		switch {
		case v == nil:
			c.fault("graph %q: output %d is missing", g.Name, i)
		case seen[v]:
			c.fault("graph %q: %q is an output twice", g.Name, v.Name)
		default:
			seen[v] = true
			c.typ(v)
			c.read(s, v, func() string { return fmt.Sprintf("the output list of graph %q", g.Name) })
		}
	}
}

// inputs checks and defines the inputs of a graph or function.
func (c *checker) inputs(list []*Value, s *names) {
	for i, v := range list {
		if v == nil {
			c.fault("graph input %d is missing", i)
			continue
		}
		c.define(s, v, "graph input")
		c.typ(v)
		if v.Producer != nil {
			c.fault("graph input %q has a producer, %s", v.Name, v.Producer.label(-1))
		}
	}
}

func (c *checker) initializers(g *Graph, s *names) {
	listed := make(map[*Value]bool)
	check := func(v *Value, t *Tensor) bool {
		switch {
		case v == nil:
			c.fault("graph %q: an initializer is missing", g.Name)
		case t == nil:
			c.fault("initializer %q has no data", v.Name)
		case listed[v]:
			c.fault("initializer %q is listed twice", v.Name)
		default:
			listed[v] = true
			if s.here[v.Name] != v || v.Name == "" { // else an input with a default
				c.define(s, v, "initializer")
			}
			if v.Producer != nil {
				c.fault("initializer %q has a producer, %s", v.Name, v.Producer.label(-1))
			}
			return true
		}
		return false
	}
	for _, v := range g.Initializers {
		var t *Tensor
		if v != nil {
			t = v.Init
		}
		if check(v, t) {
			c.initializer(v)
		}
	}
	for _, v := range g.Sparse {
		var t *Tensor
		if v != nil && v.Sparse != nil {
			t = v.Sparse.Values
		}
		if check(v, t) {
			c.sparse(v.Sparse, fmt.Sprintf("sparse initializer %q", v.Name))
		}
	}
}

// initializer checks the data of v and that it is of v's type.
func (c *checker) initializer(v *Value) {
	c.typ(v)
	c.tensor(v.Init, fmt.Sprintf("initializer %q", v.Name))
	if v.Type.Kind == NoType {
		return
	}
	if v.Type.Kind != TensorKind || v.Type.DType != v.Init.DType || !fitsShape(v.Type.Shape, v.Init.Dims) {
		c.fault("initializer %q has type %s and data %s", v.Name, v.Type, v.Init.Type())
	}
}

// fitsShape reports whether dims can be a tensor of shape s.
func fitsShape(s Shape, dims []int64) bool {
	if s == nil {
		return true
	}
	return slices.EqualFunc(s, dims, func(d Dim, n int64) bool { return !d.Known() || d.Size == n })
}

func (c *checker) sparse(sp *SparseTensor, what string) {
	if sp == nil || sp.Values == nil || sp.Indices == nil {
		c.fault("%s lacks values or indices", what)
		return
	}
	c.tensor(sp.Values, what)
	c.tensor(sp.Indices, what)
	for _, d := range sp.Dims {
		if d < 0 {
			c.fault("%s has dimensions %v", what, sp.Dims)
			return
		}
	}
}

// tensor checks that the data of t fits its type and dimensions.
func (c *checker) tensor(t *Tensor, what string) {
	if t == nil {
		c.fault("%s: a tensor is missing", what)
		return
	}
	size, err := t.Size()
	switch {
	case !t.DType.Valid():
		c.fault("%s has no element type", what)
	case err != nil:
		c.fault("%s: %v", what, err)
	case t.External != nil:
		if t.External.Location == "" || t.External.Offset < 0 {
			c.fault("%s lies at byte %d of file %q", what, t.External.Offset, t.External.Location)
		}
	case t.DType == String && int64(len(t.Strings)) != t.Len():
		c.fault("%s %s has %d strings", what, t.Type(), len(t.Strings))
	case int64(len(t.Raw)) != size:
		c.fault("%s %s has %d bytes; %d are expected", what, t.Type(), len(t.Raw), size)
	}
}

// typ checks that the type of v is complete.
func (c *checker) typ(v *Value) {
	depth := 0
	for t := &v.Type; t != nil; t = t.Elem {
		nested := t.Kind == SequenceKind || t.Kind == OptionalKind || t.Kind == MapKind
		switch depth++; {
		case depth > maxNesting:
			c.fault("%q has a type nested more than %d deep", v.Name, maxNesting)
			return
		case t.DType != Undefined && !t.DType.Valid():
			c.fault("%q has the unknown element type %d", v.Name, t.DType)
		case !nested && t.Elem != nil:
			c.fault("%q has type %s and yet an element type", v.Name, t)
			return
		case t.DimDenotations != nil && len(t.DimDenotations) != len(t.Shape):
			c.fault("%q has %d dimensions and %d denotations", v.Name, len(t.Shape), len(t.DimDenotations))
		}
	}
}

// label names a node for people: by its name, else by its place in the list.
func (n *Node) label(i int) string {
	switch {
	case n.Name != "":
		return fmt.Sprintf("node %q (%s)", n.Name, n.Op)
	case i >= 0:
		return fmt.Sprintf("node %d (%s)", i, n.Op)
	}
	return "a nameless " + n.Op + " node"
}
