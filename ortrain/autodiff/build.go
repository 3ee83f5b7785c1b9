package autodiff

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// suffixGrad is what the name of a gradient adds to that of its value.
const suffixGrad = "_grad"

// Options says what to differentiate.
type Options struct {
	// Loss is a float scalar. The backward pass starts with the initializer
	// <loss>_grad, which holds 1.
	Loss *onnx.Value
	// Wrt lists the values whose gradients are wanted: parameters, and
	// activations where somebody needs them.
	Wrt []*onnx.Value
	// Cotangents start the backward pass at any values instead of at a Loss;
	// each gradient has the type of its value.
	Cotangents []Cotangent
}

// Cotangent is a value together with the gradient that arrives from outside.
type Cotangent struct{ Value, Grad *onnx.Value }

// Result is what Build appended.
type Result struct {
	// Grads maps every wanted value to its gradient, named <value>_grad, of the
	// same shape and type. Values that the loss does not depend on are missing.
	Grads map[*onnx.Value]*onnx.Value
	// Unused lists the wanted values that the loss does not depend on.
	Unused []*onnx.Value
	// Seed is the initializer <loss>_grad, nil if there is no Loss.
	Seed   *onnx.Value
	Report Report
}

// Build appends to m the nodes that compute the gradients of opt.Loss (or of
// the values with cotangents) with respect to opt.Wrt.
//
// Errors: ErrNoRule, ErrUnreachable and ErrNotDifferentiable; RuleError when
// what a rule emitted does not fit.
func Build(m *onnx.Model, table Table, opt Options) (*Result, error) {
	forward := m.Graph.Nodes
	imported := importMicrosoft(m)
	b := &builder{
		tape:  emit.New(m),
		graph: m.Graph, opsets: m.Opsets,
		parts: make(map[*onnx.Value][]*onnx.Value),
		grads: make(map[*onnx.Value]*onnx.Value),
		named: make(map[*onnx.Value]bool),
		used:  make(map[string]int),
	}
	roots, err := opt.roots()
	if err == nil {
		b.plan = newPlan(m, table, opt.Wrt, roots)
		err = b.plan.missing(m, table)
	}
	if err == nil && !slices.ContainsFunc(opt.Wrt, func(v *onnx.Value) bool { return b.plan.wanted[v] }) {
		err = fmt.Errorf("autodiff: %w: none of the %d is on a way to it along which gradients flow", ErrUnreachable, len(opt.Wrt))
	}
	if err != nil {
		if imported {
			delete(m.Opsets, onnx.DomainMicrosoft)
		}
		return nil, err
	}
	res := &Result{Grads: make(map[*onnx.Value]*onnx.Value), Report: make(Report, len(forward))}
	res.Seed = b.start(opt)
	for k := len(forward) - 1; k >= 0; k-- {
		if err := b.node(k, &res.Report[k]); err != nil {
			return nil, err
		}
	}
	return res, b.finish(res, opt.Wrt)
}

// importMicrosoft adds the domain that most gradient operators live in and
// reports whether it was missing.
func importMicrosoft(m *onnx.Model) bool {
	if m.Opsets[onnx.DomainMicrosoft] != 0 {
		return false
	}
	if m.Opsets == nil {
		m.Opsets = make(onnx.Opsets)
	}
	m.Opsets[onnx.DomainMicrosoft] = 1
	return true
}

// roots returns where the backward pass starts, after checking the options.
func (opt Options) roots() ([]*onnx.Value, error) {
	if slices.Contains(opt.Wrt, nil) {
		return nil, fmt.Errorf("autodiff: a wanted value is nil")
	}
	if opt.Loss == nil {
		var roots []*onnx.Value
		for _, c := range opt.Cotangents {
			if c.Value == nil || c.Grad == nil {
				return nil, fmt.Errorf("autodiff: a cotangent lacks its value or its gradient")
			}
			roots = append(roots, c.Value)
		}
		if roots == nil {
			return nil, fmt.Errorf("autodiff: neither a loss nor a cotangent is given")
		}
		return roots, nil
	}
	typ := opt.Loss.Type
	if len(opt.Cotangents) > 0 || !isFloat(opt.Loss) || len(typ.Shape) > 0 {
		return nil, fmt.Errorf("autodiff: the loss is %v; a float scalar without cotangents is expected: %w", opt.Loss, ErrNotDifferentiable)
	}
	return []*onnx.Value{opt.Loss}, nil
}

// builder is the state of one call of Build.
type builder struct {
	*plan
	tape   *emit.Tape
	graph  *onnx.Graph
	opsets onnx.Opsets
	// parts holds the contributions to each value's gradient so far, grads the
	// gradients that are complete.
	parts map[*onnx.Value][]*onnx.Value
	grads map[*onnx.Value]*onnx.Value
	// named holds the values that are called after something already.
	named map[*onnx.Value]bool
	// used counts the scopes of each name.
	used map[string]int
}

// start gives the roots their gradients.
func (b *builder) start(opt Options) *onnx.Value {
	for _, c := range opt.Cotangents {
		b.parts[c.Value] = append(b.parts[c.Value], c.Grad)
		b.named[c.Grad] = true
	}
	if opt.Loss == nil {
		return nil
	}
	one := onnx.NewTensor[float32](nil, 1)
	if opt.Loss.Type.DType == onnx.Double {
		one = onnx.NewTensor[float64](nil, 1)
	}
	seed := b.tape.Initializer(opt.Loss.Name+suffixGrad, one)
	b.parts[opt.Loss], b.named[seed] = []*onnx.Value{seed}, true
	return seed
}

// node appends the gradient of forward node k.
func (b *builder) node(k int, e *Entry) error {
	n, rule := b.nodes[k], b.rules[k]
	e.Node = n
	if !b.needed[k] {
		e.Status, e.Why = b.status(k)
		return nil
	}
	dy := make([]*onnx.Value, len(n.Outputs))
	arrived := false
	for i, v := range n.Outputs {
		dy[i] = b.total(v)
		arrived = arrived || dy[i] != nil
	}
	if !arrived {
		e.Why = "no gradient arrives"
		return b.tape.Err()
	}
	need := make([]bool, len(n.Inputs))
	for i := range need {
		need[i] = b.carries(k, i)
	}
	scope, first := b.scope(n), len(b.graph.Nodes)
	b.tape.Scope(scope)
	outputs := len(n.Outputs)
	dx := rule.VJP(b.tape, n, dy, need)
	if err := b.accept(n, rule, dx, need, e); err != nil {
		return &RuleError{Node: label(n), Op: qualified(n.Domain, n.Op), Opset: b.opsets.Of(n.Domain), Err: err}
	}
	for i, v := range b.graph.Nodes[first:] {
		v.Name = scope + "/" + v.Op + "_" + strconv.Itoa(i)
	}
	e.Status, e.Why, e.Emitted = Differentiated, "rule of opset "+strconv.FormatInt(rule.Since, 10), len(b.graph.Nodes)-first
	if added := len(n.Outputs) - outputs; added > 0 {
		e.Why += fmt.Sprintf(", %d outputs added", added)
	}
	return nil
}

// scope returns a prefix for what belongs to the gradient of n.
func (b *builder) scope(n *onnx.Node) string {
	name := label(n) + "_Grad"
	b.used[name]++
	if k := b.used[name]; k > 1 {
		name += "." + strconv.Itoa(k)
	}
	return name
}

// accept checks what a rule returned and adds it to what the inputs have.
func (b *builder) accept(n *onnx.Node, rule *Rule, dx []*onnx.Value, need []bool, e *Entry) error {
	if err := b.tape.Err(); err != nil {
		return err
	}
	if len(dx) != len(n.Inputs) {
		return fmt.Errorf("the rule returned %d gradients for %d inputs", len(dx), len(n.Inputs))
	}
	for i, x := range n.Inputs {
		if !need[i] || dx[i] == nil {
			continue
		}
		g, atRunTime, err := b.fit(dx[i], x, rule.Broadcasts)
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		if atRunTime {
			e.AtRunTime = append(e.AtRunTime, x.String())
		}
		b.parts[x] = append(b.parts[x], g)
	}
	return b.tape.Err()
}

// total returns the gradient of v once all contributions are there, nil if
// there are none.
func (b *builder) total(v *onnx.Value) *onnx.Value {
	parts := b.parts[v]
	if v == nil || len(parts) == 0 || b.grads[v] != nil {
		return b.grads[v]
	}
	name := v.Name + suffixGrad
	sum := parts[0]
	if len(parts) > 1 {
		for i, p := range parts {
			b.rename(p, name+"_"+strconv.Itoa(i))
		}
		b.tape.Scope("")
		sum = b.tape.Sum(parts...)
		if sum.Producer != nil {
			sum.Producer.Name = "AccumulateGrad_" + name
		}
	}
	b.rename(sum, name)
	b.grads[v] = sum
	return sum
}

// rename names a gradient after its value, unless it has such a name already.
func (b *builder) rename(g *onnx.Value, name string) {
	if !b.named[g] && g.Producer != nil {
		b.named[g] = b.tape.Rename(g, name)
	}
}

// finish fills in the gradients of the wanted values; each gets a value of its
// own called <value>_grad.
func (b *builder) finish(res *Result, wrt []*onnx.Value) error {
	for _, v := range wrt {
		g := b.total(v)
		if g == nil {
			res.Unused = append(res.Unused, v)
			continue
		}
		if name := v.Name + suffixGrad; g.Name != name {
			b.tape.Scope("")
			g = b.tape.Identity(g)
			b.tape.Rename(g, name)
		}
		res.Grads[v] = g
	}
	if err := b.tape.Err(); err != nil {
		return fmt.Errorf("autodiff: %w", err)
	}
	return nil
}
