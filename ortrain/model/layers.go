package model

import (
	"maps"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Linear appends x·Wᵀ + b with the parameters <name>.weight [out,in] and
// <name>.bias [out].
//
// Shapes: x [N,in] → [N,out].
func (b *Builder) Linear(x *onnx.Value, name string, in, out int64) *onnx.Value {
	w := b.Param(name+".weight", normalInit(b.Config.InitializerRange), true, out, in)
	bias := b.Param(name+".bias", constantInit(0), false, out)
	return b.Gemm(x, w, bias, false, true)
}

// Norm appends layer normalisation over the last axis with the parameters
// <name>.weight and <name>.bias.
func (b *Builder) Norm(x *onnx.Value, name string, size int64) *onnx.Value {
	scale := b.Param(name+".weight", constantInit(1), false, size)
	bias := b.Param(name+".bias", constantInit(0), false, size)
	y, _, _ := b.LayerNormalization(x, scale, bias, float32(b.Config.LayerNormEps))
	return y
}

// Embedding appends the rows of the table <name>.weight [size,width] that ids
// names. Row zero of the draw is pad, -1 for none.
//
// Shapes: ids [N] → [N,width].
func (b *Builder) Embedding(ids *onnx.Value, name string, size, width, pad int64) *onnx.Value {
	init := normalInit(b.Config.InitializerRange)
	init.ZeroRow = pad
	return b.Gather(b.Param(name+".weight", init, true, size, width), ids, 0)
}

// Drop appends dropout with probability p of dropping an element: only in a
// training graph, and only if p is not 0.
func (b *Builder) Drop(x *onnx.Value, p float64) *onnx.Value {
	if b.Mode != Train || p == 0 {
		return x
	}
	// The mask is an output although nothing reads it yet: the gradient will, and
	// a stock runtime removes dropout whose mask is not asked for.
	inputs := []*onnx.Value{x, b.Float(float32(p)), b.Const(onnx.NewTensor(nil, true))}
	return b.Node(onnx.DomainDefault, "Dropout", 2, inputs)[0]
}

// activations holds the activation functions by Hugging Face's names.
var activations = map[string]func(b *Builder, x *onnx.Value) *onnx.Value{
	"gelu":              gelu,
	"gelu_python":       gelu,
	"gelu_new":          tanhGelu,
	"gelu_fast":         tanhGelu,
	"gelu_pytorch_tanh": tanhGelu,
	"relu":              func(b *Builder, x *onnx.Value) *onnx.Value { return b.Op("Relu", []*onnx.Value{x}) },
	"tanh":              func(b *Builder, x *onnx.Value) *onnx.Value { return b.Tanh(x) },
	"sigmoid":           func(b *Builder, x *onnx.Value) *onnx.Value { return b.Sigmoid(x) },
	"silu":              silu,
	"swish":             silu,
}

// gelu is x·Φ(x).
func gelu(b *Builder, x *onnx.Value) *onnx.Value {
	return b.Contrib("Gelu", []*onnx.Value{x})
}

// tanhGelu is the approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
func tanhGelu(b *Builder, x *onnx.Value) *onnx.Value {
	return b.Contrib("FastGelu", []*onnx.Value{x})
}

func silu(b *Builder, x *onnx.Value) *onnx.Value { return b.Mul(x, b.Sigmoid(x)) }

// Activations lists the activation functions that are built in, sorted.
func Activations() []string { return slices.Sorted(maps.Keys(activations)) }

// Activate appends the configuration's hidden_act.
func (b *Builder) Activate(x *onnx.Value) *onnx.Value {
	f, ok := activations[b.Config.HiddenAct]
	if !ok {
		b.Fail(b.Config.Validate())
		return x
	}
	return f(b, x)
}

// Attention appends multi-head scaled dot-product attention: softmax(Q·Kᵀ/√D +
// bias)·V. The scale is applied to Q, which is smaller than the scores.
//
// Shapes: k and v [N,H]; q is [N,H] for AllTokens and [B,H] for FirstTokens,
// and so is the result.
func (b *Builder) Attention(q, k, v *onnx.Value, rows Rows) *onnx.Value {
	heads, size := b.Config.NumAttentionHeads, b.Config.HeadSize()
	q = b.Mul(q, b.Float(float32(1/math.Sqrt(float64(size)))))
	if rows == FirstTokens {
		q = b.Reshape(q, 0, heads, 1, size) // [B,A,1,D]
	} else {
		q = b.split(q, 0, 2, 1, 3) // [B,A,S,D]
	}
	scores := b.MatMul(q, b.split(k, 0, 2, 3, 1)) // [B,A,S or 1,S]
	probs := b.Softmax(b.Add(scores, b.layout.bias()), -1)
	probs = b.Drop(probs, b.Config.AttentionProbsDropoutProb)
	context := b.MatMul(probs, b.split(v, 0, 2, 1, 3)) // [B,A,S or 1,D]
	if rows == FirstTokens {
		return b.Reshape(context, 0, heads*size) // [B,H]
	}
	context = b.Transpose(context, 0, 2, 1, 3) // [B,S,A,D]
	flat := b.Reshape(context, -1, heads*size)
	return b.layout.sparse(known(flat, symBS, onnx.Fixed(heads*size)))
}

// split spreads rows over the rectangle, takes heads apart, and puts the axes
// (B,S,A,D) in the order perm: [N,H] → [B,A,S,D] or [B,A,D,S].
func (b *Builder) split(x *onnx.Value, perm ...int64) *onnx.Value {
	if b.heads == nil {
		b.heads = b.Concat(0, b.layout.sizes(), b.Ints(b.Config.NumAttentionHeads, b.Config.HeadSize()))
	}
	return b.Transpose(b.ReshapeLike(b.layout.dense(x), b.heads), perm...)
}

// Tokens returns an input with one integer per row, int64 [N], such as
// InputIDs or TokenTypeIDs.
func (b *Builder) Tokens(name string) *onnx.Value { return b.layout.tokens(name) }

// Positions returns the place of each row in its sequence, counted from 0,
// int64 [N].
func (b *Builder) Positions() *onnx.Value { return b.layout.positions() }

// First returns the rows of each sequence's first token: [N,H] → [B,H].
func (b *Builder) First(x *onnx.Value) *onnx.Value { return b.layout.first(x) }

// MeanPool returns the mean over each sequence's tokens: [N,H] → [B,H].
func (b *Builder) MeanPool(x *onnx.Value) *onnx.Value {
	width := b.Config.HiddenSize
	mask := b.layout.mask()                // [B·S,1]
	rows := b.Mul(b.layout.dense(x), mask) // [B·S,H]
	sum := b.ReduceSum(b.ReshapeLike(rows, b.Concat(0, b.layout.sizes(), b.Ints(width))), false, 1)
	count := b.ReduceSum(b.ReshapeLike(mask, b.Concat(0, b.layout.sizes(), b.Ints(1))), false, 1)
	return b.Div(sum, count)
}
