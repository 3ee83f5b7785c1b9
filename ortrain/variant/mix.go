package variant

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// mix replaces the rows at a place by MixOwn·row + MixOther·partner. Behind
// Hidden, attention sees MixBias.
func (v *maker) mix() error {
	if v.Mix == Nowhere {
		return nil
	}
	x, err := v.find.place(v.Mix, v.Layer)
	if err != nil {
		return err
	}
	if v.Mix == Hidden {
		if err := v.newBias(); err != nil {
			return err
		}
	}
	rows := x.Type.Shape
	if len(rows) < 2 {
		return fmt.Errorf("variant: %v has no rows to mix: %w", x, ErrVariant)
	}
	return v.splice(x, func(t *emit.Tape) *onnx.Value {
		partner := t.Input(MixPartner, onnx.TensorOf(onnx.Int64, onnx.Shape{rows[0]}))
		shape := onnx.Shape{rows[0]}
		for range rows[1:] {
			shape = append(shape, onnx.Fixed(1))
		}
		own := t.Mul(x, t.Input(MixOwn, onnx.TensorOf(onnx.Float, shape)))
		return t.Add(own, t.Mul(t.Gather(x, partner, 0), t.Input(MixOther, onnx.TensorOf(onnx.Float, shape.Clone()))))
	})
}

// newBias gives the layers from Layer on an attention bias of their own.
func (v *maker) newBias() error {
	g := v.model.Graph
	old := g.Input("attention_bias")
	if old == nil {
		return fmt.Errorf("variant: the graph has no input attention_bias; hidden states can be mixed in our packed graphs only: %w", ErrVariant)
	}
	bias := &onnx.Value{Name: MixBias, Type: old.Type.Clone()}
	g.Inputs = append(g.Inputs, bias)
	layer := -1
	for _, n := range g.Nodes {
		layer = max(layer, v.find.layerOf(n))
		for i, in := range n.Inputs {
			if in == old && layer >= v.Layer && n.Op != "Shape" {
				n.Inputs[i] = bias
			}
		}
	}
	v.find.uses = g.Uses()
	return nil
}
