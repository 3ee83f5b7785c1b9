package artifact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Names by which ONNX Runtime's training session knows inputs and outputs.
const (
	// BufferSuffix follows the name of a parameter in that of the input that
	// holds its accumulated gradient.
	BufferSuffix = "_grad.accumulation.buffer"
	// UpdatedSuffix follows the name of a parameter in that of the output that
	// says that its buffer was updated.
	UpdatedSuffix = "_grad.accumulation.out"
	// ResetInput is the flag that makes a run overwrite the buffers.
	ResetInput = "lazy_reset_grad"
)

// Signature says what inputs and outputs of a training graph mean.
type Signature struct {
	// Inputs and Labels are what the user feeds, each in graph order; Labels are
	// those that only the loss compares with.
	Inputs, Labels []*onnx.Value
	// Params are the parameters, trainable and frozen ones mixed, in graph order.
	Params []Param
	// Loss is the first output; Outputs are the others of interest to the user,
	// such as "logits".
	Loss    *onnx.Value
	Outputs []*onnx.Value
}

// Param is one weight array of a set.
type Param struct {
	Name  string
	DType onnx.DType
	// Shape is empty for a single number.
	Shape     []int64
	Trainable bool
}

// Len is the number of elements.
func (p Param) Len() int64 {
	n := int64(1)
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Trainable returns the parameters with a gradient.
func (s *Signature) Trainable() []Param {
	return slices.DeleteFunc(slices.Clone(s.Params), func(p Param) bool { return !p.Trainable })
}

// Input returns the user input or label called name, nil if there is none.
func (s *Signature) Input(name string) *onnx.Value {
	for _, v := range slices.Concat(s.Inputs, s.Labels) {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// ParseSignature reads the signature of a training model; the checkpoint says
// which inputs are parameters. Shapes of a nominal checkpoint come from the
// model.
// Errors: ErrFormat when the two do not belong together.
func ParseSignature(training *onnx.Model, c *odtc.Checkpoint) (*Signature, error) {
	g := training.Graph
	if len(g.Outputs) == 0 {
		return nil, fmt.Errorf("artifact: the training model has no outputs; the loss must be the first: %w", ErrFormat)
	}
	s := &Signature{Loss: g.Outputs[0]}
	params, err := checkpointParams(g, c)
	if err != nil {
		return nil, err
	}
	labels := lossLabels(g)
	buffers := make(map[string]*onnx.Value)
	for _, v := range g.Inputs {
		param, isBuffer := strings.CutSuffix(v.Name, BufferSuffix)
		p, isParam := params[v.Name]
		switch {
		case isParam:
			s.Params = append(s.Params, p)
		case isBuffer:
			buffers[param] = v
		case v.Name == ResetInput || g.Initializer(v.Name) != nil:
		case labels[v]:
			s.Labels = append(s.Labels, v)
		default:
			s.Inputs = append(s.Inputs, v)
		}
	}
	for _, v := range g.Outputs[1:] {
		if !strings.HasSuffix(v.Name, UpdatedSuffix) {
			s.Outputs = append(s.Outputs, v)
		}
	}
	return s, s.checkBuffers(buffers)
}

// checkpointParams returns the parameters of a checkpoint by name, each checked
// against the graph's input.
func checkpointParams(g *onnx.Graph, c *odtc.Checkpoint) (map[string]Param, error) {
	params := make(map[string]Param)
	for i, list := range [][]odtc.Tensor{c.Trainable, c.Frozen} {
		for _, t := range list {
			if _, twice := params[t.Name]; twice {
				return nil, fmt.Errorf("artifact: the checkpoint has %q as trainable and as frozen: %w", t.Name, ErrFormat)
			}
			v := g.Input(t.Name)
			if v == nil {
				return nil, fmt.Errorf("artifact: the checkpoint has a parameter %q, the training model no such input; do the files belong together? %w", t.Name, ErrFormat)
			}
			p := Param{Name: t.Name, DType: t.DType, Shape: t.Dims, Trainable: i == 0}
			if c.Nominal {
				p.Shape = v.Type.Shape.Sizes()
				if !v.Type.Shape.Known() {
					return nil, fmt.Errorf("artifact: the checkpoint is nominal and the training model's input %v has no fixed shape: %w", v, ErrFormat)
				}
			}
			if err := p.fits(v); err != nil {
				return nil, err
			}
			params[t.Name] = p
		}
	}
	return params, nil
}

// fits reports whether a parameter can be fed to an input.
func (p Param) fits(v *onnx.Value) error {
	want := v.Type.Shape
	ok := v.Type.DType == p.DType && (want == nil || len(want) == len(p.Shape))
	for i := 0; ok && i < len(want); i++ {
		ok = !want[i].Known() || want[i].Size == p.Shape[i]
	}
	if !ok {
		return fmt.Errorf("artifact: parameter %q is %s%v in the checkpoint, but the model has %v: %w", p.Name, p.DType, p.Shape, v, ErrFormat)
	}
	return nil
}

// checkBuffers verifies that exactly the trainable parameters have a buffer.
func (s *Signature) checkBuffers(buffers map[string]*onnx.Value) error {
	for _, p := range s.Params {
		v := buffers[p.Name]
		if p.Trainable != (v != nil) {
			return fmt.Errorf("artifact: parameter %q is trainable: %t in the checkpoint, %t in the training model, which needs an input %s for it: %w",
				p.Name, p.Trainable, v != nil, p.Name+BufferSuffix, ErrFormat)
		}
		if v != nil {
			if err := p.fits(v); err != nil {
				return err
			}
		}
		delete(buffers, p.Name)
	}
	for name := range buffers {
		return fmt.Errorf("artifact: the training model accumulates a gradient of %q, which the checkpoint lacks: %w", name, ErrFormat)
	}
	return nil
}

// labelNames are what generate_artifacts calls the labels of its own losses.
var labelNames = []string{"labels", "target"}

// lossLabels returns the inputs that a loss compares with: those with the
// usual names, and those that reach the label input of a loss operator through
// nodes that only change form.
func lossLabels(g *onnx.Graph) map[*onnx.Value]bool {
	labels := make(map[*onnx.Value]bool)
	for _, name := range labelNames {
		if v := g.Input(name); v != nil {
			labels[v] = true
		}
	}
	for _, n := range g.Nodes {
		switch n.Op {
		case "SoftmaxCrossEntropyLoss", "SoftmaxCrossEntropyLossInternal", "NegativeLogLikelihoodLoss":
			if v := n.Input(1).Origin(); v != nil && g.Input(v.Name) == v {
				labels[v] = true
			}
		}
	}
	return labels
}
