package program

import (
	"fmt"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/native/ops"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
	"github.com/ortrain/ortrain/ortrain/pass"
)

// maxSites is how many dropout places a graph can have: the site shares a
// 16-bit counter half with the purpose of the draw.
const maxSites = 1 << 12

// dropout replaces every Dropout in training mode by a multiplication with a
// mask that is an input, and its gradient by the same multiplication. Dropout
// that does nothing (ratio 0, or not in training mode) becomes the identity.
func (l *lowering) dropout() error {
	scale := make(map[*onnx.Value]multiply) // by mask
	if l.opts.Native {
		l.model.Opsets[ops.Domain] = 1
	}
	return pass.Rewrite(l.model, func(t *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
		switch {
		case n.Domain == onnx.DomainDefault && n.Op == "Dropout":
			return l.dropForward(t, n, scale)
		case n.Domain == onnx.DomainMicrosoft && n.Op == "DropoutGrad":
			return dropBackward(t, n, scale)
		}
		return nil, nil
	})
}

func (l *lowering) dropForward(t *emit.Tape, n *onnx.Node, scale map[*onnx.Value]multiply) ([]*onnx.Value, error) {
	ratio, err := dropRatio(n, t.Opset(onnx.DomainDefault))
	if err != nil {
		return nil, err
	}
	x := n.Input(0)
	if ratio == 0 {
		return l.keepAll(t, n, x)
	}
	if len(l.out.Sites) == maxSites {
		return nil, fmt.Errorf("more than %d dropout places: %w", maxSites, ErrLower)
	}
	if x.Type.Shape == nil {
		return nil, fmt.Errorf("the rank of %v is unknown, so its mask cannot be sized: %w", x, ErrLower)
	}
	name := "dropout_mask." + strconv.Itoa(len(l.out.Sites))
	mask := t.Input(name, onnx.TensorOf(onnx.Uint8, x.Type.Shape.Clone()))
	l.out.Sites = append(l.out.Sites, Site{Mask: name, Shape: mask.Type.Shape, Ratio: ratio})
	if l.opts.Native {
		keep := onnx.FloatAttr("scale", 1/(1-ratio))
		apply := func(t *emit.Tape, x *onnx.Value) *onnx.Value {
			return t.Node(ops.Domain, "MaskScale", 1, []*onnx.Value{x, mask}, keep)[0]
		}
		scale[mask] = apply
		return []*onnx.Value{apply(t, x), mask}, nil
	}
	scaled := t.Mul(t.Cast(mask, onnx.Float), t.Float(1/(1-ratio)))
	scale[mask] = func(t *emit.Tape, x *onnx.Value) *onnx.Value { return t.Mul(x, scaled) }
	return []*onnx.Value{t.Mul(x, scaled), mask}, nil
}

// multiply emits the product of a value with a scaled mask.
type multiply func(t *emit.Tape, x *onnx.Value) *onnx.Value

// keepAll is dropout that drops nothing: the identity and a mask of trues.
func (l *lowering) keepAll(t *emit.Tape, n *onnx.Node, x *onnx.Value) ([]*onnx.Value, error) {
	out := []*onnx.Value{x, nil}
	if n.Output(1) != nil {
		out[1] = t.Equal(x, x)
	}
	return out, nil
}

// dropRatio returns the constant ratio of a Dropout, 0 if it is not training.
func dropRatio(n *onnx.Node, opset int64) (float32, error) {
	const trainingModeSince = 12
	if opset < trainingModeSince {
		return 0, nil // an attribute form that infers only
	}
	mode, ok := constant(n.Input(2), 0)
	if !ok {
		return 0, fmt.Errorf("training_mode is not a constant: %w", ErrLower)
	}
	if mode == 0 {
		return 0, nil
	}
	ratio, ok := constant(n.Input(1), 0.5)
	if !ok || ratio < 0 || ratio >= 1 {
		return 0, fmt.Errorf("the ratio must be a constant in [0, 1): %w", ErrLower)
	}
	return float32(ratio), nil
}

// constant returns the value of a constant scalar, def if it is omitted.
func constant(v *onnx.Value, def float64) (float64, bool) {
	if v == nil {
		return def, true
	}
	c := v.Const()
	if c == nil || c.Len() != 1 {
		return 0, false
	}
	f, err := c.Float64s()
	if err != nil {
		return 0, false
	}
	return f[0], true
}

func dropBackward(t *emit.Tape, n *onnx.Node, scale map[*onnx.Value]multiply) ([]*onnx.Value, error) {
	dy, mask := n.Input(0), n.Input(1)
	if by, ok := scale[mask]; ok {
		return []*onnx.Value{by(t, dy)}, nil
	}
	ratio, ok := constant(n.Input(2), 0.5)
	if !ok {
		return nil, fmt.Errorf("the ratio must be a constant: %w", ErrLower)
	}
	if ratio == 0 {
		return []*onnx.Value{dy}, nil
	}
	return nil, fmt.Errorf("its mask %v is not one of a Dropout in this graph: %w", mask, ErrLower)
}
