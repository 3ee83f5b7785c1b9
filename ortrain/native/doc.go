// Package native holds ortrain's own numeric kernels: what an optimizer step
// and a dropout layer do to large float32 arrays, in C, in place, on all cores.
//
// Nouns: a Buffer is aligned memory outside the Go heap. A Form is one way of
// computing (Go, plain C, AVX2, AVX-512); all forms give the same bits. Kernels
// is a form together with a number of threads, and its methods are the kernels.
// A RowGrad is the gradient of a table that only some rows received.
//
// Path: New picks the best form that this machine can run; Alloc gives the
// arrays; the methods of Kernels work on them. Work is cut into spans whose size
// does not depend on the number of threads, and sums are folded in a fixed
// order, so results do not depend on it either.
//
// Errors: a method refuses arrays whose lengths do not fit together, and
// indices outside their table, with an error that wraps ErrShape or ErrIndex,
// before it has written anything. The kernels do no other checking: NaN and Inf
// pass through by the rules of IEEE 754.
//
// Concurrency: Kernels is a value without state and may be used by many
// goroutines on different arrays. Every method returns only when all its
// goroutines are done. A Buffer must not be closed while a kernel works on it.
//
// It does no matrix multiplication: that is ONNX Runtime's. No kernel contracts
// a multiplication and an addition into one rounding, and none uses fast-math.
package native
