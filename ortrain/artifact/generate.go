package artifact

import (
	"fmt"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/pass"
)

// Request says what to make artifacts of.
type Request struct {
	// Train and Eval are forward graphs with the loss as output 0; what follows
	// it stays an output. Their parameters are graph inputs after the user's. Both
	// are consumed.
	Train, Eval *onnx.Model
	// Trainable and Frozen name the parameters. Their order in the files is that
	// of Train's inputs.
	Trainable, Frozen []string
	// Rules differentiate the operators of Train.
	Rules autodiff.Table
	// Optimizer goes into the optimizer model.
	Optimizer Optimizer
}

// Set is the content of the four files; the checkpoint's weights come beside
// it, since they are large and live elsewhere.
type Set struct {
	Training, Eval, Optimizer *onnx.Model
}

// Generate makes the graphs: gradients of the loss with respect to every
// trainable parameter, accumulated into buffers as ONNX Runtime's training
// session expects.
func Generate(r Request) (*Set, error) {
	training, err := trainingModel(r)
	if err != nil {
		return nil, err
	}
	eval, err := evalModel(r)
	if err != nil {
		return nil, err
	}
	return &Set{Training: training, Eval: eval, Optimizer: r.Optimizer.Model()}, nil
}

func trainingModel(r Request) (*onnx.Model, error) {
	m := r.Train
	g := m.Graph
	if len(g.Outputs) == 0 {
		return nil, fmt.Errorf("artifact: the training graph has no outputs; the loss must be the first: %w", onnx.ErrInvalid)
	}
	wanted, err := inputs(g, r.Trainable)
	if err != nil {
		return nil, err
	}
	if _, err := inputs(g, r.Frozen); err != nil {
		return nil, err
	}
	built, err := autodiff.Build(m, r.Rules, autodiff.Options{Loss: g.Outputs[0], Wrt: wanted})
	if err != nil {
		return nil, err
	}
	if len(built.Unused) > 0 {
		return nil, fmt.Errorf("artifact: the loss does not depend on parameter %q; freeze it or leave it out: %w", built.Unused[0].Name, onnx.ErrInvalid)
	}
	orderInputs(g, append(append([]string{}, r.Trainable...), r.Frozen...))
	Accumulate(g, wanted, built.Grads)
	return m, pass.Run(m, pass.DeadCode)
}

// inputs finds graph inputs by name, in the order of the graph.
func inputs(g *onnx.Graph, names []string) ([]*onnx.Value, error) {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		if g.Input(n) == nil {
			return nil, fmt.Errorf("artifact: parameter %q is not an input of the graph: %w", n, onnx.ErrInvalid)
		}
		set[n] = true
	}
	var found []*onnx.Value
	for _, v := range g.Inputs {
		if set[v.Name] {
			found = append(found, v)
		}
	}
	return found, nil
}

// orderInputs moves parameters behind the user's inputs, orders kept.
func orderInputs(g *onnx.Graph, params []string) {
	isParam := make(map[string]bool, len(params))
	for _, p := range params {
		isParam[p] = true
	}
	var users, held []*onnx.Value
	for _, v := range g.Inputs {
		if isParam[v.Name] {
			held = append(held, v)
		} else {
			users = append(users, v)
		}
	}
	g.Inputs = append(users, held...)
}

// Accumulate adds one InPlaceAccumulatorV2 per gradient, its buffer as an
// input, its flag as an output, and the flag that clears all buffers.
func Accumulate(g *onnx.Graph, params []*onnx.Value, grads map[*onnx.Value]*onnx.Value) {
	reset := &onnx.Value{Name: "lazy_reset_grad", Type: onnx.TensorOf(onnx.Bool, onnx.NewShape(1))}
	for i, p := range params {
		buffer := &onnx.Value{Name: p.Name + "_grad.accumulation.buffer", Type: p.Type}
		done := &onnx.Value{Name: p.Name + "_grad.accumulation.out", Type: onnx.TensorOf(onnx.Bool, onnx.NewShape(1))}
		n := onnx.NewNode(onnx.DomainMicrosoft, "InPlaceAccumulatorV2", []*onnx.Value{buffer, grads[p], reset}, []*onnx.Value{done})
		n.Name = "GradientAccumulator" + strconv.Itoa(i)
		g.Nodes = append(g.Nodes, n)
		g.Inputs = append(g.Inputs, buffer)
		g.Outputs = append(g.Outputs, done)
	}
	g.Inputs = append(g.Inputs, reset)
}

func evalModel(r Request) (*onnx.Model, error) {
	m := r.Eval
	params := append(append([]string{}, r.Trainable...), r.Frozen...)
	if _, err := inputs(m.Graph, params); err != nil {
		return nil, err
	}
	orderInputs(m.Graph, params)
	return m, pass.Run(m, pass.DeadCode)
}
