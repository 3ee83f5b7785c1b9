package model

import "github.com/ortrain/ortrain/ortrain/onnx"

// packed has one row per real token. Padding exists only between dense and
// sparse.
type packed struct {
	b      *Builder
	shapes *onnx.Value
}

func (p *packed) tokens(name string) *onnx.Value { return p.b.input(name, onnx.Int64, symT) }

func (p *packed) positions() *onnx.Value { return p.tokens(PositionIDs) }

func (p *packed) bias() *onnx.Value {
	return p.b.input(AttentionBias, onnx.Float, symB, one, one, symS)
}

func (p *packed) sizes() *onnx.Value {
	if p.shapes == nil {
		p.shapes = p.b.Gather(p.b.Shape(p.bias()), p.b.Ints(0, 3), 0)
	}
	return p.shapes
}

func (p *packed) dense(x *onnx.Value) *onnx.Value {
	return p.call("PackedToDense", x, p.denseIndex(), p.denseMask(), p.packedIndex())
}

func (p *packed) sparse(y *onnx.Value) *onnx.Value {
	return p.call("DenseToPacked", y, p.packedIndex(), p.denseIndex(), p.denseMask())
}

func (p *packed) mask() *onnx.Value { return p.denseMask() }

func (p *packed) first(x *onnx.Value) *onnx.Value {
	return p.call("GatherRows", x,
		p.b.input(ClsRows, onnx.Int64, symB),
		p.b.input(ClsInverse, onnx.Int64, symT),
		p.b.input(ClsMask, onnx.Float, symT, one))
}

func (p *packed) call(function string, inputs ...*onnx.Value) *onnx.Value {
	return p.b.Node(onnx.DomainOrtrain, function, 1, inputs)[0]
}

func (p *packed) denseIndex() *onnx.Value { return p.b.input(DenseIndex, onnx.Int64, symBS) }

func (p *packed) denseMask() *onnx.Value { return p.b.input(DenseMask, onnx.Float, symBS, one) }

func (p *packed) packedIndex() *onnx.Value { return p.tokens(PackedIndex) }
