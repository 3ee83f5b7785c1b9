package variant

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// inputIDs is the input that the table of words is looked up with.
const inputIDs = "input_ids"

// finder finds places in a forward graph.
type finder struct {
	graph  *onnx.Graph
	params map[string]bool
	uses   map[*onnx.Value][]onnx.Use
}

func newFinder(g *onnx.Graph, params []string) *finder {
	f := &finder{graph: g, params: make(map[string]bool, len(params)), uses: g.Uses()}
	for _, p := range params {
		f.params[p] = true
	}
	return f
}

// place returns the value at a place.
func (f *finder) place(p Place, layer int) (*onnx.Value, error) {
	switch p {
	case Lookup:
		_, v, err := f.lookup()
		return v, err
	case EmbeddingSum, EmbeddingOutput:
		return f.embeddings(p)
	case Hidden:
		return f.layer(layer)
	case Pooled:
		return f.pooled()
	}
	return nil, fmt.Errorf("variant: there is no place %q; lookup, embedding_sum, embedding_output, hidden or pooled is expected: %w", p, ErrVariant)
}

// lookup returns the parameter that input_ids index and the value looked up.
func (f *finder) lookup() (table, v *onnx.Value, err error) {
	var names []string
	for _, n := range f.graph.Nodes {
		if n.Op != "Gather" || n.Domain != onnx.DomainDefault || n.Int("axis", 0) != 0 || n.Input(0) == nil || !f.params[n.Input(0).Name] {
			continue
		}
		if src := n.Input(1).Origin(); src == nil || src.Name != inputIDs || f.graph.Input(inputIDs) != src {
			continue
		}
		table, v = n.Input(0), n.Output(0)
		names = append(names, n.Name)
	}
	switch {
	case len(names) == 0:
		return nil, nil, fmt.Errorf("variant: no node looks up %s in a table of parameters, so there is no embedding to perturb: %w", inputIDs, ErrVariant)
	case len(names) > 1:
		return nil, nil, fmt.Errorf("variant: nodes %s all look up %s; a single embedding sum is needed: %w", strings.Join(names, ", "), inputIDs, ErrVariant)
	}
	return table, v, nil
}

// Table returns the table of words of a model: the parameter that input_ids
// index. Errors wrap ErrVariant.
func Table(m *onnx.Model, params []string) (*onnx.Value, error) {
	table, _, err := newFinder(m.Graph, params).lookup()
	return table, err
}

// Classes returns how many classes the loss of a model tells apart. Errors wrap
// ErrVariant.
func Classes(m *onnx.Model, params []string) (int, error) {
	logits, err := newFinder(m.Graph, params).logits()
	if err != nil {
		return 0, err
	}
	c := logits.Type.Shape[1]
	if !c.Known() {
		return 0, fmt.Errorf("variant: the logits %v have no fixed number of classes: %w", logits, ErrVariant)
	}
	return int(c.Size), nil
}

// embeddings follows the looked-up value through sums, norm and dropout to
// what the norm or the first layer reads.
func (f *finder) embeddings(p Place) (*onnx.Value, error) {
	_, v, err := f.lookup()
	if err != nil {
		return nil, err
	}
	normed := false
	for {
		n := f.only(v)
		if n == nil {
			break
		}
		follow := false
		switch n.Op {
		case "Add", "Sum", "Cast", "Identity", "Dropout":
			follow = true
		case "LayerNormalization":
			if p == EmbeddingSum {
				return v, nil
			}
			follow, normed = true, true
		}
		if !follow {
			break
		}
		v = n.Output(0)
	}
	if !normed {
		return nil, fmt.Errorf("variant: what input_ids look up is not normalised before the first layer, so %s is not defined; use %s: %w", p, Lookup, ErrVariant)
	}
	return v, nil
}

// only returns the node that reads v if it is the only one.
func (f *finder) only(v *onnx.Value) *onnx.Node {
	var n *onnx.Node
	for _, u := range f.uses[v] {
		if u.Node.Op == "Shape" || u.Node == n {
			continue
		}
		if n != nil || u.Index < 0 {
			return nil
		}
		n = u.Node
	}
	return n
}

// layerName finds the number of a layer in a parameter's name.
var layerName = regexp.MustCompile(`(?:^|\.)layers?\.(\d+)\.`)

// layer returns what layer i reads: the data input of its first node that has a
// parameter and is not computed for picked rows only.
func (f *finder) layer(i int) (*onnx.Value, error) {
	for _, n := range f.graph.Nodes {
		if i != f.layerOf(n) {
			continue
		}
		if v := n.Input(0); v != nil && v.Producer != nil && v.Producer.Op != "GatherRows" && v.Producer.Op != "Gather" {
			return v, nil
		}
	}
	return nil, fmt.Errorf("variant: no node reads a parameter of layer %d (…layer.%d.…): %w", i, i, ErrVariant)
}

// layerOf returns the number of the layer whose parameter a node reads beside
// its data, -1 if there is none.
func (f *finder) layerOf(n *onnx.Node) int {
	for _, v := range n.Inputs {
		// A weight may be transposed on its way.
		for v != nil && v.Producer != nil && v.Producer.Op == "Transpose" {
			v = v.Producer.Input(0)
		}
		if v == nil || !f.params[v.Name] || n.Op == "Transpose" {
			continue
		}
		if m := layerName.FindStringSubmatch(v.Name); m != nil {
			i, _ := strconv.Atoi(m[1]) // digits by the pattern; too many are no layer
			return i
		}
	}
	return -1
}

// logits returns the scores that the loss compares with labels.
func (f *finder) logits() (*onnx.Value, error) {
	for _, n := range f.graph.Nodes {
		switch n.Op {
		case "SoftmaxCrossEntropyLoss", "SoftmaxCrossEntropyLossInternal":
			if v := n.Input(0); v != nil && len(v.Type.Shape) == 2 {
				return v, nil
			}
			return nil, fmt.Errorf("variant: the loss compares %v; one row of class scores [B,C] for each example is needed: %w", n.Input(0), ErrVariant)
		}
	}
	return nil, fmt.Errorf("variant: the loss is no softmax cross-entropy of classes, so divergences between predictions are not defined: %w", ErrVariant)
}

// pooled returns what the last linear layer reads, before dropout.
func (f *finder) pooled() (*onnx.Value, error) {
	logits, err := f.logits()
	if err != nil {
		return nil, err
	}
	n := logits.Producer
	if n != nil && n.Op == "Add" { // of the bias
		n = n.Input(0).Producer
	}
	if n == nil || n.Op != "Gemm" && n.Op != "MatMul" {
		return nil, fmt.Errorf("variant: the logits %v do not come from a linear layer, so there is no pooled value: %w", logits, ErrVariant)
	}
	v := n.Input(0)
	for v.Producer != nil && v.Producer.Op == "Dropout" {
		v = v.Producer.Input(0)
	}
	if v.Producer == nil {
		return nil, fmt.Errorf("variant: nothing computes what the last linear layer reads (%v): %w", v, ErrVariant)
	}
	return v, nil
}
