package model

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// Form is how a graph takes its sequences.
type Form uint8

// The forms of a text graph.
const (
	// Packed graphs take the tokens of all sequences one after another, [T].
	Packed Form = iota
	// Padded graphs take rectangles [B,S].
	Padded
)

// String returns "packed" or "padded".
func (f Form) String() string {
	if f == Padded {
		return "padded"
	}
	return "packed"
}

// Mode is what a graph is for.
type Mode uint8

// The modes of a graph.
const (
	// Train has a loss and dropout.
	Train Mode = iota
	// Eval has a loss and no dropout.
	Eval
	// Infer has logits only.
	Infer
)

// Opsets between which the graphs are the same operators.
const (
	MinOpset     = 17
	MaxOpset     = 21
	DefaultOpset = 17
	DefaultIR    = 8
)

// Builder writes one graph. It is a Tape with the pieces that architectures and
// heads are made of, each of which declares the parameters it needs under
// Hugging Face's names.
type Builder struct {
	*emit.Tape
	Config *Config
	Form   Form
	Mode   Mode

	model  *onnx.Model
	layout layout
	params []Param
	values map[string]*onnx.Value
	inputs map[string]*onnx.Value
	labels []*onnx.Value
	head   bool
	depth  int
	// heads holds (B, S, A, D) once attention has asked for it.
	heads *onnx.Value
}

// NewBuilder returns a builder of an empty graph. Opset 0 means DefaultOpset;
// one outside MinOpset … MaxOpset is refused.
func NewBuilder(c *Config, form Form, mode Mode, opset int64) (*Builder, error) {
	if opset == 0 {
		opset = DefaultOpset
	}
	if opset < MinOpset || opset > MaxOpset {
		return nil, fmt.Errorf("model: opset %d; one of %d to %d is needed: %w", opset, MinOpset, MaxOpset, ErrConfig)
	}
	m := &onnx.Model{
		IRVersion: irVersion(opset), ProducerName: "ortrain",
		Opsets: onnx.Opsets{onnx.DomainDefault: opset, onnx.DomainMicrosoft: 1},
		Graph:  &onnx.Graph{Name: c.ModelType},
	}
	b := &Builder{
		Config: c, Form: form, Mode: mode, model: m,
		values: make(map[string]*onnx.Value), inputs: make(map[string]*onnx.Value),
	}
	switch form {
	case Packed:
		m.Opsets[onnx.DomainOrtrain] = 1
		b.layout = &packed{b: b}
	case Padded:
		b.layout = &padded{b: b}
	default:
		return nil, fmt.Errorf("model: there is no form %d; use Packed or Padded: %w", form, ErrConfig)
	}
	b.Tape = emit.New(m)
	return b, nil
}

// irVersion returns the lowest IR version, from DefaultIR on, that knows an
// opset (onnx/helper.py: opset 18 came with 8, 19 and 20 with 9, 21 with 10).
func irVersion(opset int64) int64 {
	switch {
	case opset <= 18:
		return DefaultIR
	case opset <= 20:
		return 9
	}
	return 10
}

// Param returns the graph input that holds the named parameter, declaring it on
// first use; asked for again it is shared.
func (b *Builder) Param(name string, init Init, decay bool, dims ...int64) *onnx.Value {
	if v, ok := b.values[name]; ok {
		if !v.Type.Shape.Equal(onnx.NewShape(dims...)) {
			b.Fail(fmt.Errorf("model: parameter %v is asked for again as %v: %w", v, dims, ErrConfig))
		}
		return v
	}
	v := b.Tape.Input(name, onnx.TensorOf(onnx.Float, onnx.NewShape(dims...)))
	b.values[name] = v
	b.params = append(b.params, Param{
		Name: name, Shape: slices.Clone(dims), Init: init, Decay: decay, Head: b.head, Depth: b.depth,
	})
	return v
}

// Labels adds an input that only graphs with a loss have.
func (b *Builder) Labels(name string, dtype onnx.DType, dims ...onnx.Dim) *onnx.Value {
	v := b.Tape.Input(name, onnx.TensorOf(dtype, dims))
	b.labels = append(b.labels, v)
	return v
}

// input returns the named input of the form, adding it on first use.
func (b *Builder) input(name string, dtype onnx.DType, dims ...onnx.Dim) *onnx.Value {
	if v, ok := b.inputs[name]; ok {
		return v
	}
	v := b.Tape.Input(name, onnx.TensorOf(dtype, dims))
	b.inputs[name] = v
	return v
}

// Logits writes encoder and head and returns the logits.
func (b *Builder) Logits(a Architecture, h Head) *onnx.Value {
	hidden := a.Encode(b, h.Rows)
	b.head, b.depth = true, int(b.Config.NumHiddenLayers)+1
	b.Scope("head")
	logits := h.Logits(b, hidden)
	b.Scope("")
	return logits
}

// Layer makes the parameters declared from now on belong to encoder layer i,
// counted from 0.
func (b *Builder) Layer(i int64) { b.depth = int(i) + 1 }

// Built is a finished graph and what its inputs are. The graph's inputs are
// Inputs, Labels and Params in this order.
type Built struct {
	Model  *onnx.Model
	Inputs []string
	Labels []string
	Params []Param
}

// Finish orders the inputs and returns the model, or the first error of
// anything written so far.
func (b *Builder) Finish() (*Built, error) {
	if err := b.Err(); err != nil {
		return nil, fmt.Errorf("model: building the %s graph of %s: %w", b.Form, b.Config.ModelType, err)
	}
	functions, err := trainop.Functions(b.model)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	b.model.Functions = functions
	out := &Built{Model: b.model, Params: b.params}
	g := b.model.Graph
	g.Inputs = g.Inputs[:0]
	for _, name := range inputOrder {
		if v, ok := b.inputs[name]; ok {
			g.Inputs = append(g.Inputs, v)
			out.Inputs = append(out.Inputs, name)
		}
	}
	for _, v := range b.labels {
		g.Inputs = append(g.Inputs, v)
		out.Labels = append(out.Labels, v.Name)
	}
	for _, p := range b.params {
		g.Inputs = append(g.Inputs, b.values[p.Name])
	}
	return out, nil
}
