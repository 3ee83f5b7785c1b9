package ortrain

import (
	"fmt"
	"maps"

	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/variant"
)

// variants are other graphs over a network's weights.
type variants struct {
	env      *ort.Env
	lowering program.Options
	// train and eval are the models before lowering, that variants are made from.
	train, eval *onnx.Model
	graphs      map[variantKey]*program.Graph
}

type variantKey struct {
	variant.Spec
	mode
}

// mode says how a variant runs.
type mode struct {
	// evaluate has no dropout and no weight gradients.
	evaluate bool
	// adds lets the run add its dense gradients to those of the runs before.
	adds bool
}

// Prepare implements Perturbable.
func (n *Network) Prepare(needs []variant.Spec) error {
	if n.train == nil {
		return fmt.Errorf("ortrain: the network was opened for evaluation only: %w", ErrConfig)
	}
	for _, s := range needs {
		if s.Mix != variant.Nowhere && n.binder != nil && n.binder.Form() != program.Packed {
			return fmt.Errorf("ortrain: rows are mixed in packed graphs only; leave out form padded: %w", ErrConfig)
		}
		if _, err := n.variant(s, mode{}); err != nil {
			return err
		}
	}
	return nil
}

// variant returns the graph that s describes, made on first use. Its weights
// and dense gradients are those of all graphs.
func (n *Network) variant(s variant.Spec, how mode) (*program.Graph, error) {
	if how == (mode{}) && n.plain(s) {
		return n.train, nil
	}
	key := variantKey{s, how}
	if g := n.other.graphs[key]; g != nil {
		return g, nil
	}
	base := n.other.train
	if how.evaluate {
		base = n.other.eval
	}
	m, err := variant.Make(base, n.order, rules.Standard(), s)
	if err != nil {
		return nil, fmt.Errorf("ortrain: %w", err)
	}
	lowering := n.other.lowering
	lowering.Accumulate = how.adds
	low, err := program.Lower(m, n.order, lowering)
	if err != nil {
		return nil, err
	}
	g, err := n.open(low, n.weights)
	if err != nil {
		return nil, err
	}
	g.ShareMasks(n.masks)
	n.other.graphs[key] = g
	return g, nil
}

// open loads a graph over the given weights and the network's gradients.
func (n *Network) open(low *program.Lowered, weights map[string]*ort.Tensor) (*program.Graph, error) {
	held := maps.Clone(weights)
	for _, d := range low.Dense {
		held[d.Output] = n.grads[d.Param]
		if d.Sum != "" {
			held[d.Sum] = n.grads[d.Param] // element by element, so in place
		}
	}
	return program.NewGraph(n.other.env, low, held, n.kernels, n.session("variant", n.other.lowering))
}

// plain reports whether the training graph itself does what s asks for.
func (n *Network) plain(s variant.Spec) bool {
	return s == (variant.Spec{Weights: true}) || s == (variant.Spec{Weights: true, Logits: true}) && n.hasLogits
}

// describe notes what the network's graphs have that passes ask for.
func (n *Network) describe(m *onnx.Model, params []string) {
	const table = 2
	if words, err := variant.Table(m, params); err == nil && len(words.Type.Shape) == table {
		n.width = int(words.Type.Shape[1].Size)
	}
	if classes, err := variant.Classes(m, params); err == nil {
		n.classes = classes
	}
	for _, v := range m.Graph.Outputs {
		n.hasLogits = n.hasLogits || v.Name == variant.LogitsOut
	}
}
