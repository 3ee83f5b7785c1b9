package model

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// padded has one row per place of the rectangle, padding included.
type padded struct {
	b                 *Builder
	shapes, bias_, at *onnx.Value
}

func (p *padded) rectangle(name string) *onnx.Value { return p.b.input(name, onnx.Int64, symB, symS) }

func (p *padded) tokens(name string) *onnx.Value {
	return p.flat(p.rectangle(name))
}

// flat turns [B,S] into [B·S].
func (p *padded) flat(x *onnx.Value) *onnx.Value { return known(p.b.Reshape(x, -1), symBS) }

func (p *padded) positions() *onnx.Value {
	if p.at != nil {
		return p.at
	}
	s := p.b.Gather(p.sizes(), p.b.Int(1), 0)
	line := known(p.b.Op("Range", []*onnx.Value{p.b.Int(0), s, p.b.Int(1)}), symS)
	p.at = p.flat(p.b.Expand(line, p.sizes()))
	return p.at
}

// bias is (1 − mask)·lowest, as Hugging Face computes it.
func (p *padded) bias() *onnx.Value {
	if p.bias_ == nil {
		mask := p.b.Cast(p.b.Unsqueeze(p.rectangle(AttentionMask), 1, 2), onnx.Float) // [B,1,1,S]
		p.bias_ = p.b.Mul(p.b.Sub(p.b.Float(1), mask), p.b.Float(-math.MaxFloat32))
	}
	return p.bias_
}

func (p *padded) sizes() *onnx.Value {
	if p.shapes == nil {
		p.shapes = p.b.Shape(p.rectangle(InputIDs))
	}
	return p.shapes
}

func (p *padded) dense(x *onnx.Value) *onnx.Value { return x }

func (p *padded) sparse(y *onnx.Value) *onnx.Value { return y }

func (p *padded) mask() *onnx.Value {
	return known(p.b.Reshape(p.b.Cast(p.rectangle(AttentionMask), onnx.Float), -1, 1), symBS, one)
}

func (p *padded) first(x *onnx.Value) *onnx.Value {
	width := x.Type.Shape[len(x.Type.Shape)-1].Size
	rectangle := p.b.ReshapeLike(x, p.b.Concat(0, p.sizes(), p.b.Ints(width))) // [B,S,H]
	return p.b.Gather(rectangle, p.b.Int(0), 1)
}
