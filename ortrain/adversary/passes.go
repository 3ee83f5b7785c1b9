package adversary

import (
	"context"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Passes are the runs of one network on one micro-batch.
type Passes interface {
	// Batch is the micro-batch; Hidden the width of its embeddings.
	Batch() *sample.Batch
	Hidden() int
	// Count is how many labels take part in the loss.
	Count() float64
	// Backward adds seed times the gradient of the pass's mean loss to the
	// gradients of the step. The gradient of the mean loss itself goes to the
	// pass's Delta.
	Backward(ctx context.Context, p Pass, seed float64) (Result, error)
	// Gradient computes the gradient for the pass's Delta alone.
	Gradient(ctx context.Context, p Pass) (Result, error)
	// Forward computes no gradient.
	Forward(ctx context.Context, p Pass) (Result, error)
}

// Pass says how one run goes. The zero value is a plain one.
type Pass struct {
	// Delta is added to the embeddings; nil adds nothing.
	Delta *Delta
	// Draw numbers the dropout masks: passes of one micro-batch with equal numbers
	// drop the same elements. 0 are the masks of plain training.
	Draw uint16
}

// Result is what a pass computed. Slices are the caller's.
type Result struct {
	// Loss is the mean loss of the pass.
	Loss float64
}

// Spec returns the graph that a pass needs, with its weights' gradients, or
// without, or without any gradient.
func (p Pass) Spec() variant.Spec {
	s := variant.Spec{}
	if p.Delta != nil {
		s.Delta = p.Delta.place()
	}
	return s
}
