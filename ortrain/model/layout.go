package model

import "github.com/ortrain/ortrain/ortrain/onnx"

// Names of the graph inputs.
const (
	InputIDs      = "input_ids"
	AttentionMask = "attention_mask"
	TokenTypeIDs  = "token_type_ids"
	PositionIDs   = "position_ids"
	DenseIndex    = "dense_index"
	DenseMask     = "dense_mask"
	PackedIndex   = "packed_index"
	AttentionBias = "attention_bias"
	ClsRows       = "cls_rows"
	ClsInverse    = "cls_inverse"
	ClsMask       = "cls_mask"
)

// inputOrder is the order of the user inputs of both forms.
var inputOrder = []string{
	InputIDs, AttentionMask, TokenTypeIDs, PositionIDs,
	DenseIndex, DenseMask, PackedIndex, AttentionBias, ClsRows, ClsInverse, ClsMask,
}

// Symbols of the sizes that vary between batches.
var (
	symB  = onnx.Symbol("B")
	symS  = onnx.Symbol("S")
	symT  = onnx.Symbol("T")
	symBS = onnx.Symbol("BS")
	one   = onnx.Fixed(1)
)

// layout is what a form decides: where rows come from, and how they meet the
// rectangle that attention works on.
type layout interface {
	// tokens returns an input with one integer per row, int64 [N].
	tokens(name string) *onnx.Value
	// positions returns the place of each row in its sequence, int64 [N].
	positions() *onnx.Value
	// bias returns what is added to attention scores, float [B,1,1,S]: 0 for a
	// token, the smallest finite float for padding.
	bias() *onnx.Value
	// sizes returns (B, S) as an int64 [2].
	sizes() *onnx.Value
	// dense spreads rows over the rectangle: [N,H] → [B·S,H].
	dense(x *onnx.Value) *onnx.Value
	// sparse takes the rows back: [B·S,H] → [N,H].
	sparse(y *onnx.Value) *onnx.Value
	// mask returns 1 for a token of the rectangle and 0 for padding, float
	// [B·S,1].
	mask() *onnx.Value
	// first returns the first row of every sequence: [N,H] → [B,H].
	first(x *onnx.Value) *onnx.Value
}

// known writes sizes that shape inference cannot find out, such as the product
// of two symbols, into the type of v.
func known(v *onnx.Value, dims ...onnx.Dim) *onnx.Value {
	if v.Type.Kind == onnx.TensorKind {
		v.Type.Shape = dims
	}
	return v
}
