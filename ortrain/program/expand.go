package program

import (
	"github.com/ortrain/ortrain/ortrain/native/ops"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/pass"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// expand replaces every training operator by what a stock runtime knows: an
// operator of our own where there is one and Options.Native asks for it, the
// body of standard operators elsewhere.
func (l *lowering) expand() error {
	if !l.opts.Native {
		return pass.Rewrite(l.model, trainop.Expand)
	}
	l.model.Opsets[ops.Domain] = 1
	f := newFuser(l.model.Graph)
	err := pass.Rewrite(l.model, func(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
		if out := f.native(t, n); out != nil {
			return out, nil
		}
		return trainop.Expand(t, n)
	})
	if err != nil {
		return err
	}
	// Gradients of biases are sums that the bodies above may have made.
	return pass.Rewrite(l.model, func(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) { return columnSum(t, n), nil })
}

// fuser replaces nodes by native operators.
type fuser struct {
	uses map[*onnx.Value]int
}

func newFuser(g *onnx.Graph) *fuser {
	f := &fuser{uses: make(map[*onnx.Value]int)}
	for v, u := range g.Uses() {
		f.uses[v] = len(u)
	}
	for _, v := range g.Outputs {
		f.uses[v]++
	}
	return f
}

// native returns the outputs of the native form of n, nil if it has none.
func (f *fuser) native(t *emit.Tape, n *onnx.Node) []*onnx.Value {
	if n.Domain == onnx.DomainMicrosoft {
		return contrib(t, n)
	}
	if n.Domain != onnx.DomainDefault {
		return nil
	}
	switch n.Op {
	case "Softmax":
		return f.biasSoftmax(t, n)
	case "Add":
		return f.residual(t, n)
	}
	return nil
}

// contrib covers the gradients that ONNX Runtime's artifacts name, and Gelu.
func contrib(t *emit.Tape, n *onnx.Node) []*onnx.Value {
	x := n.Input(0)
	if x == nil || x.Type.DType != onnx.Float || x.Type.Shape == nil {
		return nil
	}
	switch n.Op {
	case "Gelu", "GeluGrad":
		return t.Node(ops.Domain, n.Op, 1, n.Inputs)
	case "SoftmaxGrad_13":
		if lastAxis(n, x) {
			return t.Node(ops.Domain, "SoftmaxGrad", 1, n.Inputs)
		}
	case "LayerNormalizationGrad":
		if lastAxis(n, x) && len(n.Inputs) == 5 {
			return t.Node(ops.Domain, "LayerNormalizationGrad", 3, n.Inputs)
		}
	}
	return nil
}

func lastAxis(n *onnx.Node, x *onnx.Value) bool {
	axis := n.Int("axis", -1)
	return axis == -1 || axis == int64(len(x.Type.Shape)-1)
}

// biasSoftmax joins Softmax(Add(scores, bias)) where the bias [B,1,1,S] is one
// row per sequence.
func (f *fuser) biasSoftmax(t *emit.Tape, n *onnx.Node) []*onnx.Value {
	add := n.Input(0).Producer
	if add == nil || add.Op != "Add" || add.Domain != onnx.DomainDefault || f.uses[n.Input(0)] != 1 || !lastAxis(n, n.Input(0)) {
		return nil
	}
	for i := range 2 {
		scores, bias := add.Input(i), add.Input(1-i)
		if rowPerSequence(scores, bias) {
			return t.Node(ops.Domain, "BiasSoftmax", 1, []*onnx.Value{scores, bias})
		}
	}
	return nil
}

// rowPerSequence reports whether bias is [B,1,1,S] for scores [B,A,S,S].
func rowPerSequence(scores, bias *onnx.Value) bool {
	s, b := scores.Type.Shape, bias.Type.Shape
	if len(s) != 4 || len(b) != 4 || scores.Type.DType != onnx.Float {
		return false
	}
	one := onnx.Fixed(1)
	return s[0].Equal(b[0]) && b[1].Equal(one) && b[2].Equal(one) && s[3].Equal(b[3])
}

// residual joins MaskScale(x, mask) + r, if the product has no other reader.
func (f *fuser) residual(t *emit.Tape, n *onnx.Node) []*onnx.Value {
	for i := range 2 {
		product, rest := n.Input(i), n.Input(1-i)
		p := product.Producer
		if p == nil || p.Domain != ops.Domain || p.Op != "MaskScale" || f.uses[product] != 1 || !product.Type.Shape.Equal(rest.Type.Shape) {
			continue
		}
		return t.Node(ops.Domain, "MaskScaleAdd", 1, []*onnx.Value{p.Input(0), p.Input(1), rest}, p.Attrs...)
	}
	return nil
}

// columnSum replaces a sum over all axes but the last.
func columnSum(t *emit.Tape, n *onnx.Node) []*onnx.Value {
	x := n.Input(0)
	if n.Domain != onnx.DomainDefault || n.Op != "ReduceSum" || n.Int("keepdims", 1) != 0 || x.Type.DType != onnx.Float {
		return nil
	}
	axes := t.Data(n.Input(1))
	if n.Input(1) == nil || len(x.Type.Shape) < 2 || len(axes) != len(x.Type.Shape)-1 {
		return nil
	}
	for i, a := range axes {
		if a.Size != int64(i) {
			return nil
		}
	}
	return t.Node(ops.Domain, "ColumnSum", 1, []*onnx.Value{x})
}
