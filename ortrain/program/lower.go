package program

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/pass"
)

// ErrLower is wrapped by errors about models that cannot be lowered.
var ErrLower = errors.New("model cannot be lowered")

// Names by which ONNX Runtime's training artifacts mark their parts.
const (
	suffixBuffer = "_grad.accumulation.buffer"
	suffixOut    = "_grad.accumulation.out"
	suffixGrad   = "_grad"
	resetFlag    = "lazy_reset_grad"
)

// Lowered is a model that a stock runtime runs, and what its inputs and
// outputs mean.
type Lowered struct {
	Model *onnx.Model
	// Loss is the name of the first output, a float scalar: the mean over the
	// labels that count.
	Loss string
	// Seed is the name of the float scalar input that multiplies the gradient of
	// the loss; "" in an evaluation model.
	Seed string
	// Params are the names of the parameter inputs, frozen ones included, in
	// input order.
	Params []string
	// Dense lists the parameters whose whole gradient is an output.
	Dense []DenseGrad
	// Rows lists the pieces of gradients of embedding tables.
	Rows []RowGrad
	// Sites lists the dropout places in graph order.
	Sites []Site
	// Extra names the outputs after the loss, such as "logits".
	Extra []string
	// Cut names the tables whose gradient may have more rows than indices; see
	// Options.Repair.
	Cut []string
}

// DenseGrad is a gradient with the shape of its parameter. Sum is the input that
// it is added to, "" unless Options.Accumulate is set.
type DenseGrad struct{ Param, Output, Sum string }

// RowGrad is a gradient of some rows of a table [V,H]: row Indices[i] of the
// table gets Rows[i]. A row may occur many times; occurrences add up.
type RowGrad struct {
	Param string
	// Rows is the output float [N,H].
	Rows string
	// Indices is the int64 [N] that says which rows: an output, or an input if
	// IndicesAreInput.
	Indices         string
	IndicesAreInput bool
}

// Site is one place of dropout.
type Site struct {
	// Mask is the uint8 input: 1 keeps an element, 0 drops it.
	Mask string
	// Shape is the mask's shape; symbols are those of other inputs.
	Shape onnx.Shape
	// Ratio is the probability of dropping an element.
	Ratio float32
}

// Options says how to lower.
type Options struct {
	// Native uses the operators of package native/ops, which the session must
	// register, where they replace several standard ones.
	Native bool
	// Repair adds up gradients of a table over an axis along which one index
	// serves several rows, such as the positions [1,S] of a batch [B,S]. ONNX
	// Runtime's gradient builder takes the two for equal, so that its kernel
	// keeps the rows of the first sequence only (and writes the others beyond
	// the end of the table). Without Repair the result is the official one.
	Repair bool
	// Accumulate adds dense gradients to inputs, which may be bound to the
	// memory of the outputs: no second array of the size of the weights is
	// needed to add up the gradients of several runs.
	Accumulate bool
}

// Lower rewrites m, which it consumes, for the parameters named. Models with
// accumulation nodes are training models, others evaluation models.
func Lower(m *onnx.Model, params []string, opts Options) (*Lowered, error) {
	if len(m.Graph.Outputs) == 0 {
		return nil, fmt.Errorf("program: the graph has no outputs; the first must be the loss: %w", ErrLower)
	}
	l := &lowering{model: m, opts: opts, out: &Lowered{Model: m, Loss: m.Graph.Outputs[0].Name}}
	for _, step := range []struct {
		name  string
		apply func() error
	}{
		{"accumulators", l.accumulators},
		{"parameters", func() error { return l.parameters(params) }},
		{"loss seed", l.seed},
		{"embeddings", l.embeddings},
		{"dropout", l.dropout},
		{"training operators", l.expand},
		{"functions", l.functions},
	} {
		if err := step.apply(); err != nil {
			return nil, fmt.Errorf("program: lowering %s: %w", step.name, err)
		}
	}
	if err := pass.Run(m, pass.CommonSubexpressions, pass.DeadCode); err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	if err := l.missing(); err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	l.outputs()
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("program: the lowered model is unsound: %w", err)
	}
	return l.out, nil
}

// lowering is the state of one call of Lower.
type lowering struct {
	model *onnx.Model
	opts  Options
	out   *Lowered
	// grads lists the gradients that the accumulators consumed, in their order.
	grads []gradient
}

type gradient struct {
	param string
	value *onnx.Value
}

// accumulators replaces every InPlaceAccumulatorV2 by the gradient that it
// would have added: accumulation is native.
func (l *lowering) accumulators() error {
	g := l.model.Graph
	drop := map[*onnx.Value]bool{}
	kept := g.Nodes[:0]
	for _, n := range g.Nodes {
		if n.Domain != onnx.DomainMicrosoft || n.Op != "InPlaceAccumulatorV2" {
			kept = append(kept, n)
			continue
		}
		buffer, value := n.Input(0), n.Input(1)
		if buffer == nil || value == nil || !strings.HasSuffix(buffer.Name, suffixBuffer) {
			return fmt.Errorf("node %q accumulates into %v; a buffer named <param>%s is expected: %w", n.Name, buffer, suffixBuffer, ErrLower)
		}
		l.grads = append(l.grads, gradient{strings.TrimSuffix(buffer.Name, suffixBuffer), value})
		drop[buffer] = true
		for _, v := range n.Outputs {
			drop[v] = true
		}
	}
	g.Nodes = kept
	g.Inputs = without(g.Inputs, func(v *onnx.Value) bool { return drop[v] || v.Name == resetFlag })
	g.Outputs = without(g.Outputs, func(v *onnx.Value) bool { return drop[v] })
	return nil
}

func without(list []*onnx.Value, drop func(*onnx.Value) bool) []*onnx.Value {
	kept := make([]*onnx.Value, 0, len(list))
	for _, v := range list {
		if !drop(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// parameters finds the inputs that hold parameters and checks that every
// gradient belongs to one.
func (l *lowering) parameters(names []string) error {
	known := make(map[string]bool, len(names))
	for _, n := range names {
		known[n] = true
	}
	for _, v := range l.model.Graph.Inputs {
		if known[v.Name] {
			l.out.Params = append(l.out.Params, v.Name)
			delete(known, v.Name)
		}
	}
	for _, gr := range l.grads {
		if l.model.Graph.Input(gr.param) == nil {
			return fmt.Errorf("the gradient of %q has no parameter of that name among the graph inputs: %w", gr.param, ErrLower)
		}
	}
	return nil
}

// seed turns the constant gradient of the loss into an input, so that unequal
// micro-batches can be weighted by their number of labels.
func (l *lowering) seed() error {
	if len(l.grads) == 0 {
		return nil
	}
	g := l.model.Graph
	name := l.out.Loss + suffixGrad
	v := g.Initializer(name)
	if v == nil {
		return fmt.Errorf("there is no initializer %q to seed the backward pass: %w", name, ErrLower)
	}
	v.Init = nil
	v.Type = onnx.TensorOf(onnx.Float, onnx.NewShape())
	g.Initializers = without(g.Initializers, func(w *onnx.Value) bool { return w == v })
	g.Inputs = append(g.Inputs, v)
	l.out.Seed = name
	return nil
}

// functions drops those that nothing calls any more: the bodies that artifacts
// carry for operators that are replaced by now.
func (l *lowering) functions() error {
	called := make(map[*onnx.Function]bool)
	var follow func(nodes []*onnx.Node)
	follow = func(nodes []*onnx.Node) {
		for _, n := range nodes {
			if f := l.model.Function(n.Domain, n.Op, n.Overload); f != nil && !called[f] {
				called[f] = true
				follow(f.Nodes)
			}
			for i := range n.Attrs {
				for _, g := range n.Attrs[i].Subgraphs() {
					follow(g.Nodes)
				}
			}
		}
	}
	follow(l.model.Graph.Nodes)
	l.model.Functions = slices.DeleteFunc(l.model.Functions, func(f *onnx.Function) bool { return !called[f] })
	return nil
}

// outputs lists what follows the loss.
func (l *lowering) outputs() {
	grads := make(map[string]bool)
	for _, d := range l.out.Dense {
		grads[d.Output] = true
	}
	for _, r := range l.out.Rows {
		grads[r.Rows], grads[r.Indices] = true, true
	}
	for _, v := range l.model.Graph.Outputs[1:] {
		if !grads[v.Name] {
			l.out.Extra = append(l.out.Extra, v.Name)
		}
	}
}
