package ref

import (
	"context"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// The bounds that Options take when they say nothing.
const (
	DefaultMaxElements = 1 << 26
	DefaultMaxWork     = 1 << 34
)

const (
	oldestOpset = 7
	maxDepth    = 32
)

// Options say how a model is evaluated. The zero Options are useful.
type Options struct {
	// PreferFunctions runs the model's function of a name rather than the
	// operator that the table has under it.
	PreferFunctions bool
	// Dropout draws the masks of Dropout nodes in training mode; without it,
	// such a node with a ratio above 0 is refused.
	Dropout *Dropout
	// MaxElements bounds each tensor that a run makes, MaxWork the number of
	// scalar operations of a run; 0 stands for the defaults.
	MaxElements, MaxWork int64
}

func (o Options) filled() Options {
	if o.MaxElements == 0 {
		o.MaxElements = DefaultMaxElements
	}
	if o.MaxWork == 0 {
		o.MaxWork = DefaultMaxWork
	}
	return o
}

// Evaluator runs one model, which must not change meanwhile.
type Evaluator struct {
	model  *onnx.Model
	opts   Options
	consts map[*onnx.Value]*Tensor
}

// New prepares a model: its initializers are converted once. It fails on
// operators that neither the table nor the model's functions define.
func New(m *onnx.Model, opts Options) (*Evaluator, error) {
	e := &Evaluator{model: m, opts: opts.filled(), consts: make(map[*onnx.Value]*Tensor)}
	for _, v := range m.Graph.Initializers {
		if v.Init == nil {
			return nil, fmt.Errorf("ref: initializer %q has no content: %w", v.Name, ErrInput)
		}
		t, err := FromONNX(v.Init)
		if err != nil {
			return nil, fmt.Errorf("ref: initializer %q: %w", v.Name, err)
		}
		e.consts[v] = t
	}
	for _, n := range m.Graph.Nodes {
		if !Has(n.Domain, n.Op) && m.Function(n.Domain, n.Op, n.Overload) == nil {
			return nil, fmt.Errorf("ref: node %q: %s: %w", n.Name, qualified(n), ErrNoOp)
		}
	}
	return e, nil
}

// Run evaluates a model once. See Evaluator.Run.
func Run(ctx context.Context, m *onnx.Model, feeds map[string]*Tensor) (map[string]*Tensor, error) {
	e, err := New(m, Options{})
	if err != nil {
		return nil, err
	}
	return e.Run(ctx, feeds)
}

// Run returns the graph's outputs by name. Every graph input needs a feed of
// its declared type, except those that have an initializer as default. The
// results may share memory with feeds and with the results of other runs: treat
// them as read-only.
func (e *Evaluator) Run(ctx context.Context, feeds map[string]*Tensor) (map[string]*Tensor, error) {
	f := &frame{values: make(map[*onnx.Value]*Tensor), opsets: e.model.Opsets}
	for v, t := range e.consts {
		f.values[v] = t
	}
	if err := e.feed(f, feeds); err != nil {
		return nil, err
	}
	x := &executor{functions: e.model.Functions, run: &run{opts: e.opts}, ctx: ctx}
	for _, n := range e.model.Graph.Nodes {
		if err := x.node(f, n); err != nil {
			return nil, fmt.Errorf("ref: %w", err)
		}
	}
	out := make(map[string]*Tensor, len(e.model.Graph.Outputs))
	for _, v := range e.model.Graph.Outputs {
		t := f.values[v]
		if t == nil {
			return nil, fmt.Errorf("ref: nothing produces the output %q: %w", v.Name, onnx.ErrInvalid)
		}
		out[v.Name] = t
	}
	return out, nil
}

// feed puts the feeds where the graph reads them.
func (e *Evaluator) feed(f *frame, feeds map[string]*Tensor) error {
	used := 0
	for _, v := range e.model.Graph.Inputs {
		t := feeds[v.Name]
		if t == nil {
			if f.values[v] == nil {
				return fmt.Errorf("ref: input %v is not fed: %w", v, ErrInput)
			}
			continue
		}
		used++
		if err := t.check(); err != nil {
			return fmt.Errorf("ref: input %v: %w", v, err)
		}
		if !accepts(v.Type, t) {
			return fmt.Errorf("ref: input %v is fed %v: %w", v, t, ErrInput)
		}
		f.values[v] = t
	}
	if used == len(feeds) {
		return nil
	}
	for name := range feeds {
		if e.model.Graph.Input(name) == nil {
			return fmt.Errorf("ref: the graph has no input %q: %w", name, ErrInput)
		}
	}
	return nil
}

// accepts reports whether a tensor is of a declared type, symbols standing for
// any size.
func accepts(declared onnx.Type, t *Tensor) bool {
	if declared.Kind == onnx.NoType {
		return true
	}
	if declared.Kind != onnx.TensorKind || declared.DType != t.DType {
		return false
	}
	if declared.Shape == nil {
		return true
	}
	if len(declared.Shape) != len(t.Dims) {
		return false
	}
	for i, d := range declared.Shape {
		if d.Known() && d.Size != t.Dims[i] {
			return false
		}
	}
	return true
}

// Node evaluates one node written against opsets, whose inputs are at hand; nil
// inputs are omitted ones. Calls of functions are not followed.
func Node(ctx context.Context, opsets onnx.Opsets, n *onnx.Node, inputs []*Tensor, opts Options) ([]*Tensor, error) {
	for i, t := range inputs {
		if t == nil {
			continue
		}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("ref: node %q: input %d: %w", n.Name, i, err)
		}
	}
	x := &executor{run: &run{opts: opts.filled()}, ctx: ctx}
	out, err := x.operator(opsets, n, inputs)
	if err != nil {
		return nil, fmt.Errorf("ref: %w", err)
	}
	return out, nil
}

// frame holds the values of a graph or of one call of a function.
type frame struct {
	values map[*onnx.Value]*Tensor
	opsets onnx.Opsets
}

// executor runs nodes.
type executor struct {
	functions []*onnx.Function
	run       *run
	ctx       context.Context
	depth     int
}

// node computes the outputs of n into the frame.
func (x *executor) node(f *frame, n *onnx.Node) error {
	in := make([]*Tensor, len(n.Inputs))
	for i, v := range n.Inputs {
		if v == nil {
			continue
		}
		t, ok := f.values[v]
		if !ok {
			return fmt.Errorf("node %q: %s reads %q, which nothing before it produces: %w", n.Name, qualified(n), v.Name, onnx.ErrInvalid)
		}
		in[i] = t
	}
	out, err := x.call(f, n, in)
	if err != nil {
		return err
	}
	for i, v := range n.Outputs {
		if v == nil {
			continue
		}
		if i >= len(out) || out[i] == nil {
			return fmt.Errorf("node %q: %s: output %d: %w", n.Name, qualified(n), i, ErrNoOp)
		}
		f.values[v] = out[i]
	}
	return nil
}

func (x *executor) call(f *frame, n *onnx.Node, in []*Tensor) ([]*Tensor, error) {
	if !Has(n.Domain, n.Op) || x.run.opts.PreferFunctions {
		for _, fn := range x.functions {
			if fn.Domain == n.Domain && fn.Name == n.Op && fn.Overload == n.Overload {
				return x.function(fn, n, in)
			}
		}
	}
	return x.operator(f.opsets, n, in)
}

// operator runs one operator of the table.
func (x *executor) operator(opsets onnx.Opsets, n *onnx.Node, in []*Tensor) ([]*Tensor, error) {
	if err := x.ctx.Err(); err != nil {
		return nil, err
	}
	wrap := func(err error) error {
		return fmt.Errorf("node %q: %s(%s): %w", n.Name, qualified(n), types(in), err)
	}
	o, ok := table[key{n.Domain, n.Op}]
	if !ok {
		return nil, wrap(ErrNoOp)
	}
	opset := opsets.Of(n.Domain)
	if n.Domain == onnx.DomainDefault && opset < oldestOpset {
		return nil, wrap(fmt.Errorf("opset %d; %d is the oldest that is known: %w", opset, oldestOpset, ErrNoOp))
	}
	for len(in) > 0 && in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	if err := o.check(in); err != nil {
		return nil, wrap(err)
	}
	out, err := o.run(&Call{Node: n, Opset: opset, in: in, run: x.run, ctx: x.ctx})
	if err != nil {
		return nil, wrap(err)
	}
	return out, nil
}

func qualified(n *onnx.Node) string {
	if n.Domain == onnx.DomainDefault {
		return n.Op
	}
	return n.Domain + "." + n.Op
}

func types(in []*Tensor) string {
	list := make([]string, len(in))
	for i, t := range in {
		list[i] = t.String()
	}
	return strings.Join(list, ", ")
}
