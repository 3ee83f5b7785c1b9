package artifact

import (
	"fmt"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// OptimizerKind names the update rule of an optimizer model.
type OptimizerKind string

// The update rules that ONNX Runtime's artifacts know.
const (
	AdamW OptimizerKind = "AdamWOptimizer"
	SGD   OptimizerKind = "SGDOptimizerV2"
)

// Optimizer is what an optimizer model says: the rule and its constants.
type Optimizer struct {
	Kind OptimizerKind
	// Alpha and Beta are the decay rates of the two moments (β₁ and β₂).
	Alpha, Beta, Epsilon, WeightDecay float32
	// AdamMode is 0 for PyTorch's order of weight decay, 1 for the order of the
	// original Hugging Face AdamW.
	AdamMode int64
	// CorrectBias is 1 when the moments are corrected for their zero start.
	CorrectBias int64
	// ClipNorm is the largest global gradient norm, 0 when nothing is clipped.
	ClipNorm float32
}

// DefaultAdamW returns PyTorch's AdamW without weight decay: β 0.9 and 0.999, ε
// 1e-8.
func DefaultAdamW() Optimizer {
	return Optimizer{Kind: AdamW, Alpha: 0.9, Beta: 0.999, Epsilon: 1e-8, CorrectBias: 1}
}

const (
	opsetContrib  = 1
	irVersion     = 8
	flagAdamW     = "onnx::adamw.updated_flag::5"
	flagSGD       = "onnx::update_completed::5"
	clipOperator  = "InplaceClipGradNorm"
	defaultOpset  = 17
	producerName  = "ortrain"
	scalarPerCall = 1
)

// Model returns the optimizer model: one node over sequences of tensors, with
// the inputs that ONNX Runtime's training session looks for by name.
func (o Optimizer) Model() *onnx.Model {
	seq := func(name string) *onnx.Value {
		elem := onnx.TensorOf(onnx.Float, nil)
		return &onnx.Value{Name: name, Type: onnx.Type{Kind: onnx.SequenceKind, Elem: &elem}}
	}
	rate := &onnx.Value{Name: "learning_rate", Type: onnx.TensorOf(onnx.Float, onnx.NewShape(scalarPerCall))}
	step := &onnx.Value{Name: "step", Type: onnx.TensorOf(onnx.Int64, onnx.NewShape(scalarPerCall))}
	params, grads := seq("params"), seq("gradients")
	first, second := seq("first_order_moments"), seq("second_order_moments")
	g := &onnx.Graph{Name: "optimizer", Inputs: []*onnx.Value{rate, step, params, grads, first}}
	if o.ClipNorm > 0 {
		clipped := seq("clipped_gradients")
		n := onnx.NewNode(onnx.DomainMicrosoft, clipOperator, []*onnx.Value{grads}, []*onnx.Value{clipped},
			onnx.FloatAttr("max_norm", o.ClipNorm), onnx.StringAttr("norm_type", "fro"))
		n.Name = clipOperator
		g.Nodes = append(g.Nodes, n)
		grads = clipped
	}
	flag := &onnx.Value{Type: onnx.TensorOf(onnx.Bool, onnx.NewShape(scalarPerCall))}
	var n *onnx.Node
	if o.Kind == SGD {
		flag.Name = flagSGD
		n = onnx.NewNode(onnx.DomainMicrosoft, string(SGD), []*onnx.Value{rate, params, grads}, []*onnx.Value{flag})
	} else {
		flag.Name = flagAdamW
		g.Inputs = append(g.Inputs, second)
		n = onnx.NewNode(onnx.DomainMicrosoft, string(AdamW),
			[]*onnx.Value{rate, step, params, grads, first, second}, []*onnx.Value{flag}, o.attributes()...)
	}
	n.Name = string(o.Kind)
	g.Nodes = append(g.Nodes, n)
	g.Outputs = []*onnx.Value{flag}
	return &onnx.Model{
		IRVersion: irVersion, ProducerName: producerName, Graph: g,
		Opsets: onnx.Opsets{onnx.DomainDefault: defaultOpset, onnx.DomainMicrosoft: opsetContrib},
	}
}

func (o Optimizer) attributes() []onnx.Attr {
	return []onnx.Attr{
		onnx.IntAttr("adam_mode", o.AdamMode),
		onnx.FloatAttr("alpha", o.Alpha),
		onnx.FloatAttr("beta", o.Beta),
		onnx.IntAttr("correct_bias", o.CorrectBias),
		onnx.FloatAttr("epsilon", o.Epsilon),
		onnx.FloatAttr("weight_decay", o.WeightDecay),
	}
}

// ParseOptimizer reads the rule and its constants out of an optimizer model.
// Attributes that the model leaves out have the operator's own defaults, which
// differ from DefaultAdamW's.
// Errors: ErrFormat for anything but one optimizer node, with or without
// clipping before it.
func ParseOptimizer(m *onnx.Model) (Optimizer, error) {
	var o Optimizer
	for _, n := range m.Graph.Nodes {
		kind := OptimizerKind(n.Op)
		switch {
		case n.Domain != onnx.DomainMicrosoft:
			return o, unknownOptimizer(n)
		case (kind == AdamW || kind == SGD) && o.Kind != "":
			return o, fmt.Errorf("artifact: optimizer model has a second optimizer node %q; one is expected: %w", n.Name, ErrFormat)
		case kind == AdamW:
			o.Kind = AdamW
			o.Alpha, o.Beta = n.Float("alpha", 0.9), n.Float("beta", 0.999)
			o.Epsilon, o.WeightDecay = n.Float("epsilon", 1e-8), n.Float("weight_decay", 1e-2)
			o.AdamMode, o.CorrectBias = n.Int("adam_mode", 0), n.Int("correct_bias", 1)
		case kind == SGD:
			o.Kind = SGD
		case n.Op == clipOperator && n.Str("norm_type", "fro") == "fro":
			o.ClipNorm = n.Float("max_norm", 1)
		default:
			return o, unknownOptimizer(n)
		}
	}
	if o.Kind == "" {
		return o, fmt.Errorf("artifact: optimizer model has no %s or %s node: %w", AdamW, SGD, ErrFormat)
	}
	if o.AdamMode != 0 && o.AdamMode != 1 {
		return o, fmt.Errorf("artifact: optimizer model has adam_mode %d; 0 or 1 is expected: %w", o.AdamMode, ErrFormat)
	}
	return o, nil
}

func unknownOptimizer(n *onnx.Node) error {
	return fmt.Errorf("artifact: optimizer model has a node %s; %s, %s and %s (Frobenius norm) are known: %w", n, AdamW, SGD, clipOperator, ErrFormat)
}

// Method returns the update rule as package optim has it. Constants are the
// decimal numbers that the file's 32-bit floats stand for.
func (o Optimizer) Method() optim.Method {
	if o.Kind == SGD {
		return optim.SGD{}
	}
	return optim.AdamW{
		Mode: native.Mode(o.AdamMode), Beta1: decimal(o.Alpha), Beta2: decimal(o.Beta),
		Epsilon: decimal(o.Epsilon), NoBiasCorrection: o.CorrectBias == 0,
	}
}

// Rates returns the rule of ONNX Runtime's optimizers, which have one weight
// decay for all parameters, biases and norms included.
func (o Optimizer) Rates() optim.Rule {
	rates := optim.Rates{WeightDecay: decimal(o.WeightDecay), LRScale: 1}
	return func(string) optim.Rates { return rates }
}

// decimal returns the number with the fewest digits that rounds to f: 0.9, not
// 0.89999998.
func decimal(f float32) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f) // not finite
	}
	return v
}
