// Package infer finds the element types and shapes of a graph's values, with
// sizes that may be symbols.
//
// Nouns: an Inferrer walks nodes in order and sets the Types of their outputs.
// It also follows small integer tensors that hold shapes ("data"), so that the
// usual Shape → Gather → Concat → Reshape chains of exported models resolve.
// Each operator's rule is one registered Func; families share a file.
//
// Path: Model for a whole file, Inferrer.Node for one node while a graph is
// being built.
//
// Errors: ErrNoRule for an operator the table does not know, ErrShape and
// ErrDType for nodes whose inputs cannot be right. What is merely unknown is
// left unknown. An Inferrer is not safe for concurrent use.
package infer

import (
	"errors"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Errors that callers branch on.
var (
	// ErrNoRule means that the operator is not in the table.
	ErrNoRule = errors.New("no inference rule")
	// ErrShape means that the shapes of a node's inputs do not fit.
	ErrShape = errors.New("shapes do not fit")
	// ErrDType means that the element types of a node's inputs do not fit.
	ErrDType = errors.New("element types do not fit")
)

// Func sets the outputs' types of the context's node.
type Func func(c *Context) error

type key struct{ domain, op string }

var table = map[key]Func{}

// register adds the rule of one operator; it runs while the package loads, and
// the table is never written afterwards.
func register(domain, op string, f Func) struct{} {
	k := key{domain, op}
	if _, twice := table[k]; twice {
		panic("infer: two rules for " + domain + "." + op)
	}
	table[k] = f
	return struct{}{}
}

// Has reports whether the table knows an operator.
func Has(domain, op string) bool {
	_, ok := table[key{domain, op}]
	return ok
}

// Inferrer infers the nodes of one graph in order.
type Inferrer struct {
	opsets    onnx.Opsets
	functions []*onnx.Function
	data      map[*onnx.Value][]onnx.Dim
}

// New returns an Inferrer for nodes written against opsets; calls of functions
// are inferred through their bodies unless the table has a rule for them.
func New(opsets onnx.Opsets, functions []*onnx.Function) *Inferrer {
	return &Inferrer{opsets: opsets, functions: functions, data: make(map[*onnx.Value][]onnx.Dim)}
}

// Node sets the types of n's outputs. Types already there are kept where
// inference finds nothing, and refined where it finds more.
func (in *Inferrer) Node(n *onnx.Node) error {
	c := &Context{Node: n, Opset: in.opsets.Of(n.Domain), in: in}
	f, ok := table[key{n.Domain, n.Op}]
	if !ok {
		f, ok = in.call(n)
	}
	if !ok {
		return fmt.Errorf("infer: node %q: %s opset %d: %w", n.Name, qualified(n), c.Opset, ErrNoRule)
	}
	if err := f(c); err != nil {
		return fmt.Errorf("infer: node %q: %s(%s): %w", n.Name, qualified(n), inputTypes(n), err)
	}
	for _, v := range n.Outputs {
		in.keepSound(v)
	}
	return nil
}

// keepSound forgets the data of an output that is not a short list of integers
// after all: rules pass data on without looking at ranks.
func (in *Inferrer) keepSound(v *onnx.Value) {
	d, ok := in.data[v]
	if !ok || v == nil {
		return
	}
	s := v.Type.Shape
	listed := len(s) == 1 && (!s[0].Known() || s[0].Size == int64(len(d)))
	scalar := s != nil && len(s) == 0 && len(d) == 1
	if !listed && !scalar || !holdsSizes(v.Type.DType) {
		delete(in.data, v)
	}
}

// holdsSizes reports whether sizes survive in the element type. Float is not
// among them: a division there does not round.
func holdsSizes(d onnx.DType) bool {
	switch d {
	case onnx.Int64, onnx.Int32, onnx.Bool:
		return true
	}
	return false
}

// Model infers every node of the model's graph, in order. Nodes without a rule
// leave their outputs as the file declares them.
func Model(m *onnx.Model) error {
	in := New(m.Opsets, m.Functions)
	for _, n := range m.Graph.Nodes {
		if err := in.Node(n); err != nil && !errors.Is(err, ErrNoRule) {
			return err
		}
	}
	return nil
}

// Data returns the integers that v holds, as far as they are known: constant
// sizes, symbols taken from shapes, or nil when nothing is known. Scalars have
// one entry; tensors of rank 2 and more are not followed.
func (in *Inferrer) Data(v *onnx.Value) []onnx.Dim {
	if v == nil {
		return nil
	}
	if d, ok := in.data[v]; ok {
		return d
	}
	if t := v.Const(); t != nil && len(t.Dims) <= 1 && holdsSizes(t.DType) && t.Len() <= maxData {
		if ints, err := t.Int64s(); err == nil {
			return constantDims(ints)
		}
	}
	return nil
}

// maxData bounds the tensors whose content is followed: shapes are short.
const maxData = 64

// constantDims turns constant integers into data. A negative one (such as the
// -1 of Reshape) keeps its value: data is content, not only sizes.
func constantDims(ints []int64) []onnx.Dim {
	d := make([]onnx.Dim, len(ints))
	for i, n := range ints {
		d[i] = onnx.Dim{Size: n}
		if n < 0 {
			d[i].Param = constantParam
		}
	}
	return d
}

// constantParam marks data entries that are negative constants rather than
// unknown sizes.
const constantParam = "#const"

// Constant returns the value of a data entry and whether it is a constant.
func Constant(d onnx.Dim) (int64, bool) {
	return d.Size, d.Known() || d.Param == constantParam
}

// Context is what a rule sees of its node.
type Context struct {
	Node  *onnx.Node
	Opset int64
	in    *Inferrer
}

// In returns the type of input i, the zero Type if it is omitted.
func (c *Context) In(i int) onnx.Type {
	if v := c.Node.Input(i); v != nil {
		return v.Type
	}
	return onnx.Type{}
}

// Shape returns the shape of input i, nil if it is unknown or omitted.
func (c *Context) Shape(i int) onnx.Shape { return c.In(i).Shape }

// Data returns what is known of the integers in input i.
func (c *Context) Data(i int) []onnx.Dim { return c.in.Data(c.Node.Input(i)) }

// Ints returns the constant integers of input i, nil if any is unknown.
func (c *Context) Ints(i int) []int64 {
	data := c.Data(i)
	if data == nil {
		return nil
	}
	ints := make([]int64, len(data))
	for k, d := range data {
		v, ok := Constant(d)
		if !ok {
			return nil
		}
		ints[k] = v
	}
	return ints
}

// SetTensor makes output i a tensor, where the node has such an output. A nil
// shape keeps the one that was declared; unknown dimensions keep declared
// symbols.
func (c *Context) SetTensor(i int, d onnx.DType, shape onnx.Shape) {
	v := c.Node.Output(i)
	if v == nil {
		return
	}
	v.Type = onnx.TensorOf(d, merge(v.Type.Shape, shape))
}

// SetData records the integers that output i holds.
func (c *Context) SetData(i int, data []onnx.Dim) {
	if v := c.Node.Output(i); v != nil && data != nil && len(data) <= maxData {
		c.in.data[v] = data
	}
}

// merge prefers what was found and falls back on what was declared.
func merge(declared, found onnx.Shape) onnx.Shape {
	if found == nil {
		return declared
	}
	if len(declared) != len(found) {
		return found
	}
	out := found.Clone()
	for i, d := range out {
		if !d.Known() && d.Param == "" {
			out[i] = declared[i]
		}
	}
	return out
}

func qualified(n *onnx.Node) string {
	if n.Domain == onnx.DomainDefault {
		return n.Op
	}
	return n.Domain + "." + n.Op
}

func inputTypes(n *onnx.Node) string {
	s := ""
	for i, v := range n.Inputs {
		if i > 0 {
			s += ", "
		}
		s += v.String()
	}
	return s
}
