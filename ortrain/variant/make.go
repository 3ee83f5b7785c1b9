package variant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/pass"
)

// Make returns the variant of a training or evaluation model that s describes.
// params are the names of its parameters; rules differentiate its operators.
// The model is not changed.
func Make(m *onnx.Model, params []string, rules autodiff.Table, s Spec) (*onnx.Model, error) {
	v := &maker{Spec: s, model: m.Clone()}
	v.trainable = v.forward()
	v.find = newFinder(v.model.Graph, params)
	steps := []func() error{v.delta, v.mix, v.logits, v.objective, v.cut}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if err := v.differentiate(rules); err != nil {
		return nil, err
	}
	return v.model, pass.Run(v.model, pass.DeadCode, unusedInputs)
}

// maker is the state of one call of Make.
type maker struct {
	Spec
	model     *onnx.Model
	find      *finder
	trainable []*onnx.Value
	// wrt are values other than weights whose gradients are outputs.
	wrt []*onnx.Value
}

// forward drops accumulation and all that only it needs, and returns the
// parameters that had a gradient.
func (v *maker) forward() []*onnx.Value {
	g := v.model.Graph
	var trainable []*onnx.Value
	g.Outputs = slices.DeleteFunc(g.Outputs, func(o *onnx.Value) bool { return strings.HasSuffix(o.Name, artifact.UpdatedSuffix) })
	g.Inputs = slices.DeleteFunc(g.Inputs, func(in *onnx.Value) bool {
		name, isBuffer := strings.CutSuffix(in.Name, artifact.BufferSuffix)
		if isBuffer {
			trainable = append(trainable, g.Input(name))
		}
		return isBuffer || in.Name == artifact.ResetInput
	})
	pass.RemoveDead(g)
	return trainable
}

// delta adds the perturbation.
func (v *maker) delta() error {
	if v.Delta == Nowhere {
		return nil
	}
	if v.Delta != Lookup && v.Delta != EmbeddingSum && v.Delta != EmbeddingOutput {
		return fmt.Errorf("variant: a perturbation cannot be added at %q; use %s, %s or %s: %w", v.Delta, Lookup, EmbeddingSum, EmbeddingOutput, ErrVariant)
	}
	x, err := v.find.place(v.Delta, 0)
	if err != nil {
		return err
	}
	return v.splice(x, func(t *emit.Tape) *onnx.Value {
		d := t.Input(DeltaInput, x.Type.Clone())
		v.wrt = append(v.wrt, d)
		return t.Add(x, d)
	})
}

// logits makes sure that the logits are an output.
func (v *maker) logits() error {
	if !v.Logits && !v.Targets || slices.ContainsFunc(v.model.Graph.Outputs, func(o *onnx.Value) bool { return o.Name == LogitsOut }) {
		return nil
	}
	x, err := v.find.logits()
	if err != nil {
		return err
	}
	t := emit.New(v.model)
	t.Scope("variant")
	t.Output(LogitsOut, x)
	return t.Err()
}

// splice makes everything that reads x read what write appends instead.
func (v *maker) splice(x *onnx.Value, write func(t *emit.Tape) *onnx.Value) error {
	g := v.model.Graph
	uses, first := v.find.uses[x], len(g.Nodes)
	t := emit.New(v.model)
	t.Scope("variant")
	y := write(t)
	if err := t.Err(); err != nil {
		return fmt.Errorf("variant: %w", err)
	}
	added := slices.Clone(g.Nodes[first:])
	at := slices.Index(g.Nodes, x.Producer) + 1
	g.Nodes = slices.Insert(g.Nodes[:first], at, added...)
	for _, u := range uses {
		if u.Index < 0 {
			return fmt.Errorf("variant: a subgraph of node %q reads %v, which cannot be changed for it: %w", u.Node.Name, x, ErrVariant)
		}
		u.Node.Inputs[u.Index] = y
	}
	v.find.uses = g.Uses()
	return nil
}

// differentiate appends the gradients.
func (v *maker) differentiate(rules autodiff.Table) error {
	if v.Forward {
		return nil
	}
	g := v.model.Graph
	wrt := slices.Clone(v.wrt)
	if v.Weights {
		wrt = append(wrt, v.trainable...)
	}
	built, err := autodiff.Build(v.model, rules, autodiff.Options{Loss: g.Outputs[0], Wrt: wrt})
	if err != nil {
		return fmt.Errorf("variant: %w", err)
	}
	if len(built.Unused) > 0 {
		return fmt.Errorf("variant: the loss does not depend on %v: %w", built.Unused[0], ErrVariant)
	}
	for _, x := range v.wrt {
		g.Outputs = append(g.Outputs, built.Grads[x])
	}
	if v.Weights {
		artifact.Accumulate(g, v.trainable, built.Grads)
	}
	return nil
}

// unusedInputs drops inputs that nothing reads, so that nobody has to feed
// them.
var unusedInputs = pass.Pass{
	Name: "unused_inputs",
	Doc:  "Every graph input is read.",
	Apply: func(m *onnx.Model) error {
		uses := m.Graph.Uses()
		m.Graph.Inputs = slices.DeleteFunc(m.Graph.Inputs, func(in *onnx.Value) bool {
			return len(uses[in]) == 0 && !slices.Contains(m.Graph.Outputs, in)
		})
		return nil
	},
}
