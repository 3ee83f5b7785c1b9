// Package trainop describes the operators that occur in training graphs and
// that a stock ONNX Runtime lacks: the com.microsoft gradients, ortrain's own
// packing functions, and SoftmaxCrossEntropyLoss, which a stock runtime expands
// in a way that gives NaN when every label is ignored.
//
// Nouns: an Op is one operator with its formal inputs, outputs and attributes
// and a body of standard ONNX. Op.Expand emits that body in place of one node,
// with all that is known of it (the general way, used by lowering);
// Op.Function writes it as a model-local function of the same name, so that one
// file runs on a stock runtime (function) and on a training build (kernel).
//
// Path: Expand is a pass.Replace: pass.Rewrite(model, trainop.Expand).
// Functions(model) returns the functions that a model needs.
//
// A function cannot look at its call: Op.Limits says what the function form of
// an operator leaves out, and variadic operators have none (ErrNoFunction).
// Bodies are float; expanded ones take the element type of their inputs.
//
// Errors: ErrNoFunction, and those of the tape. The table is sealed when the
// package is loaded; everything is safe for concurrent use.
//
// Formulas read as in package rules. Legend: R rows (all axes before the
// normalised ones), N normalised elements, C classes.
package trainop

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// ErrNoFunction means that an operator cannot be written as a function.
var ErrNoFunction = errors.New("no function form")

// Op is one operator.
type Op struct {
	Domain, Name string
	// Doc is the formula; Source where it comes from.
	Doc, Source string
	// Inputs and Outputs are the formal names, in order, optional ones included.
	Inputs, Outputs []string
	// Attrs holds the attributes that the body reads, with their defaults.
	Attrs []onnx.Attr
	// Ignored names attributes that nodes carry and the body does not need.
	Ignored []string
	// Limits says what the function form leaves out, "" if nothing.
	Limits string
	// Variadic operators have no function form.
	Variadic bool
	// formal is how many inputs the function form has; 0 means all.
	formal int
	// body emits the operator and returns all its outputs.
	body func(c *call) []*onnx.Value
}

var table []*Op

// register adds an operator while the package loads.
func register(o Op) *Op {
	if found, _ := Lookup(o.Domain, o.Name); found != nil {
		panic("trainop: " + o.Name + " is registered twice")
	}
	table = append(table, &o)
	return &o
}

// Lookup returns the operator of a name.
func Lookup(domain, name string) (*Op, bool) {
	for _, o := range table {
		if o.Domain == domain && o.Name == name {
			return o, true
		}
	}
	return nil, false
}

// All returns every operator, by name.
func All() []*Op {
	all := slices.Clone(table)
	slices.SortFunc(all, func(a, b *Op) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return all
}

// Expand emits the body of n, if n is an operator of this package, and returns
// one value for each of its outputs; nil for any other node. It is a
// pass.Replace.
func Expand(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
	o, ok := Lookup(n.Domain, n.Op)
	if !ok {
		return nil, nil
	}
	return o.Expand(t, n)
}

// Expand emits the body of the operator with the inputs and attributes of n.
func (o *Op) Expand(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
	out := o.body(&call{Tape: t, op: o, node: n, in: n.Inputs})
	if err := t.Err(); err != nil {
		return nil, fmt.Errorf("trainop: body of %s at node %q: %w", o.Name, n.Name, err)
	}
	return out, nil
}

// Function returns the operator as a model-local function whose body is written
// against an opset of the default domain (13 to 21 are tested).
func (o *Op) Function(opset int64) (*onnx.Function, error) {
	if o.Variadic || o.Domain == onnx.DomainDefault {
		return nil, fmt.Errorf("trainop: %s: %w: it must be expanded", o.Name, ErrNoFunction)
	}
	opsets := onnx.Opsets{onnx.DomainDefault: opset}
	t := emit.Body(opsets)
	c := &call{Tape: t, op: o}
	n := o.formal
	if n == 0 {
		n = len(o.Inputs)
	}
	for _, name := range o.Inputs[:n] {
		c.in = append(c.in, t.Input(name, onnx.Type{}))
	}
	f := &onnx.Function{
		Domain: o.Domain, Name: o.Name, Inputs: c.in, Opsets: opsets,
		Defaults: slices.Clone(o.Attrs), Attrs: slices.Clone(o.Ignored), Doc: o.Doc,
	}
	for i, v := range o.body(c) {
		if v.Producer == nil || slices.Contains(f.Outputs, v) {
			v = t.Identity(v)
		}
		t.Rename(v, o.Outputs[i])
		f.Outputs = append(f.Outputs, v)
	}
	if err := t.Err(); err != nil {
		return nil, fmt.Errorf("trainop: function body of %s: %w", o.Name, err)
	}
	f.Nodes = t.Graph().Nodes
	return f, nil
}

// Functions returns the functions that the nodes of m call and m lacks, written
// against m's opset, with as many outputs as a node has: ONNX Runtime refuses a
// call with fewer. Operators without a function form are left out: a stock
// runtime needs m lowered.
func Functions(m *onnx.Model) ([]*onnx.Function, error) {
	outputs := make(map[*Op]int)
	var order []*Op
	for _, n := range m.Graph.Nodes {
		o, ok := Lookup(n.Domain, n.Op)
		if !ok || m.Function(n.Domain, n.Op, "") != nil {
			continue
		}
		if outputs[o] == 0 {
			order = append(order, o)
		}
		outputs[o] = max(outputs[o], len(n.Outputs))
	}
	var out []*onnx.Function
	for _, o := range order {
		f, err := o.Function(m.Opsets.Of(onnx.DomainDefault))
		switch {
		case errors.Is(err, ErrNoFunction):
		case err != nil:
			return nil, err
		default:
			f.Outputs = f.Outputs[:min(outputs[o], len(f.Outputs))]
			trim(f)
			out = append(out, f)
		}
	}
	return out, nil
}

// trim drops the nodes of a body that no output needs.
func trim(f *onnx.Function) {
	live := make(map[*onnx.Value]bool)
	for _, v := range f.Outputs {
		live[v] = true
	}
	kept := make([]*onnx.Node, 0, len(f.Nodes))
	for _, n := range slices.Backward(f.Nodes) {
		if !slices.ContainsFunc(n.Outputs, func(v *onnx.Value) bool { return live[v] }) {
			continue
		}
		for _, v := range n.Inputs {
			live[v] = v != nil
		}
		kept = append(kept, n)
	}
	slices.Reverse(kept)
	f.Nodes = kept
}

// call is one use of an operator: a node, or the function's own definition if
// node is nil.
type call struct {
	*emit.Tape
	op   *Op
	node *onnx.Node
	in   []*onnx.Value
}

// input returns input i, nil if it is omitted.
func (c *call) input(i int) *onnx.Value {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// value returns an attribute of the node or its default; it is the zero Attr
// where there is neither.
func (c *call) value(name string) onnx.Attr {
	if c.node != nil {
		if a := c.node.Attr(name); a != nil {
			return *a
		}
	}
	for _, a := range c.op.Attrs {
		if a.Name == name {
			return a
		}
	}
	return onnx.Attr{}
}

// attr returns the attribute called name for a node of the body, under the name
// that this node has for it.
func (c *call) attr(name, as string) onnx.Attr {
	a := c.value(name)
	if c.node == nil {
		return onnx.RefAttr(as, a.Kind, name)
	}
	a.Name = as
	return a
}

// scalar returns the integer attribute called name as an int64 scalar.
func (c *call) scalar(name string) *onnx.Value {
	if c.node == nil {
		return c.Op("Constant", nil, c.attr(name, "value_int"))
	}
	return c.Int(c.value(name).Int)
}

// float returns the float attribute called name as a scalar of the type of x.
func (c *call) float(name string, x *onnx.Value) *onnx.Value {
	if c.node == nil {
		return c.Op("Constant", nil, c.attr(name, "value_float"))
	}
	return c.Like(x, float64(c.value(name).Float))
}

// axes returns the integer attribute called name as an int64 vector of one.
func (c *call) axes(name string) *onnx.Value {
	if c.node == nil {
		return c.Reshape(c.scalar(name), 1)
	}
	return c.Ints(c.value(name).Int)
}

// sumOver returns the sum of x over axes, which stay with size 1.
func (c *call) sumOver(x, axes *onnx.Value) *onnx.Value {
	return c.Op("ReduceSum", values(x, axes), onnx.IntAttr("keepdims", 1))
}

// flat returns x as a matrix whose rows are the axes before the attribute
// called axis.
func (c *call) flat(x *onnx.Value, axis string) *onnx.Value {
	return c.Op("Flatten", values(x), c.attr(axis, "axis"))
}

// asType returns x in the element type of like, which in a function is float.
func (c *call) asType(x, like *onnx.Value) *onnx.Value {
	d := like.Type.DType
	if d == onnx.Undefined {
		d = onnx.Float
	}
	if x.Type.DType == d {
		return x
	}
	return c.Cast(x, d)
}

// int64s returns x as int64.
func (c *call) int64s(x *onnx.Value) *onnx.Value {
	if x.Type.DType == onnx.Int64 {
		return x
	}
	return c.Cast(x, onnx.Int64)
}

// values is shorthand for a list of inputs or outputs.
func values(v ...*onnx.Value) []*onnx.Value { return v }
