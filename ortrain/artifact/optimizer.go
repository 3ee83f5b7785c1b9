package artifact

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
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
func ParseOptimizer(m *onnx.Model) (Optimizer, error) {
	var o Optimizer
	for _, n := range m.Graph.Nodes {
		switch OptimizerKind(n.Op) {
		case AdamW:
			o.Kind = AdamW
			o.Alpha, o.Beta = n.Float("alpha", 0.9), n.Float("beta", 0.999)
			o.Epsilon, o.WeightDecay = n.Float("epsilon", 1e-8), n.Float("weight_decay", 1e-2)
			o.AdamMode, o.CorrectBias = n.Int("adam_mode", 0), n.Int("correct_bias", 1)
		case SGD:
			o.Kind = SGD
		case clipOperator:
			o.ClipNorm = n.Float("max_norm", 1)
		default:
			return o, fmt.Errorf("artifact: optimizer model has a node %s.%s; %s, %s and %s are known: %w",
				n.Domain, n.Op, AdamW, SGD, clipOperator, ErrFormat)
		}
	}
	if o.Kind == "" {
		return o, fmt.Errorf("artifact: optimizer model has no %s or %s node: %w", AdamW, SGD, ErrFormat)
	}
	return o, nil
}
