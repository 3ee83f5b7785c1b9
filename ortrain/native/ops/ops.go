// Package ops gives ONNX Runtime operators of ortrain's own: the memory-bound
// pieces of a training step that a stock runtime has no fused kernel for.
//
// Nouns: an operator is one of the names in List, in Domain; Register adds all
// of them to the options of a session that is about to be made. Lowering puts
// them into graphs where they replace several standard nodes; graphs on disk
// never hold them.
//
// The kernels run on the runtime's own threads. They exist in several forms
// (plain C, AVX2, AVX-512), of which the best that the machine can run is taken;
// all give the same bits, whatever the number of threads.
//
// Errors: Register reports what the runtime says. Inputs of the wrong size fail
// the run of the session, not the process. Register may be called from many
// goroutines.
package ops

import "slices"

// Domain is the operator domain, at version 1.
const Domain = "ortrain.native"

// names are the operators, in the order of their kernels.
var names = [...]string{"Gelu", "GeluGrad", "MaskScale", "MaskScaleAdd", "BiasSoftmax", "SoftmaxGrad", "LayerNormalizationGrad", "ColumnSum"}

// List returns the names of the operators:
//
//	Gelu(x) → y                       y = x·Φ(x)
//	GeluGrad(dy, x) → dx              dx = dy·(Φ(x) + x·φ(x))
//	MaskScale(x, mask) → y            y = scale·mask·x, mask uint8 of x's shape
//	MaskScaleAdd(x, mask, r) → y      y = scale·mask·x + r
//	BiasSoftmax(x, bias) → y          softmax(x + bias) over the last axis of
//	                                  x [B,…,S] with bias [B,1,…,S]
//	SoftmaxGrad(dy, y) → dx           dx = y·(dy − Σ dy·y) over the last axis
//	LayerNormalizationGrad(dy, x, scale, mean, inv_std) → dx, dscale, dbias
//	                                  over the last axis
//	ColumnSum(x) → s                  sums over all axes but the last
//
// scale is a float attribute.
func List() []string { return slices.Clone(names[:]) }
