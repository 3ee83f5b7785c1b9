package ortrain

import (
	"context"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Engine runs the graphs of one set of artifacts and owns the weights. NewEngine
// of package program makes one for a stock runtime.
type Engine interface {
	// Accumulate runs the training graph on one micro-batch and adds the gradient
	// of the sum of its losses. The pair (step, micro) keys its dropout masks;
	// step counts from 1, micro from 0. On an error the weights are unchanged,
	// and the gradients of the step are lost.
	Accumulate(ctx context.Context, b *sample.Batch, step, micro int) (Loss, error)
	// Update applies the gradients that Accumulate gathered and forgets them. It
	// returns the global norm of the mean gradient before clipping, and
	// ErrNotFinite, with all weights unchanged, if that is not a number.
	Update(ctx context.Context, u Update) (gradNorm float64, err error)
	// Evaluate runs the evaluation graph on one micro-batch.
	Evaluate(ctx context.Context, b *sample.Batch) (Outputs, error)
	// Settle brings all weights up to date, before they are read from outside.
	Settle() error
}

// Loss is the outcome of one micro-batch: the mean over the N labels that
// count (the sum of their weights).
type Loss struct{ Mean, N float64 }

// Update says how to change the weights.
type Update struct {
	LearningRate float64
	// MaxGradNorm bounds the global gradient norm; 0 does not clip.
	MaxGradNorm float64
	// N is the number of labels that the step's micro-batches counted together.
	N float64
}

// Outputs is what the evaluation graph says of a micro-batch. Slices are valid
// until the next run.
type Outputs struct {
	Loss Loss
	// Logits has the shape LogitsShape, [B,C] for sequence classification.
	Logits      []float32
	LogitsShape []int64
}

// Data gives the batches of any epoch, in an order that depends on the epoch
// alone.
type Data interface {
	// Batches and Examples count one epoch, a batch that comes in several pieces
	// (sample.Batch.More) once.
	Batches() int
	Examples() int64
	// Epoch returns the batches of an epoch that follow the cursor's position.
	Epoch(ctx context.Context, from sample.Cursor) (Batches, error)
}

// Batches is a sequence of batches. Next ends with io.EOF. The consumer owns a
// batch until the next call.
type Batches interface {
	Next(ctx context.Context) (*sample.Batch, error)
	Close() error
}

// Scorer turns the outputs of an evaluation into metrics.
type Scorer interface {
	Add(out Outputs, b *sample.Batch) error
	Metrics() map[string]float64
}

// Store keeps checkpoints.
type Store interface {
	// Save copies engine and state and returns the function that writes the copy
	// under the step's name, best marking it as the best so far, and answers with
	// the folder. The trainer calls it once, while training goes on, and never two
	// at a time. A cancelled ctx ends the writing too. Nothing half-written stays
	// behind.
	Save(ctx context.Context, s State, best bool) (write func() (path string, err error), err error)
	// LoadBest brings back the weights of the checkpoint of the given step.
	LoadBest(ctx context.Context, step int) error
}

// State is what a run needs besides the engine's to go on where it stopped.
type State struct {
	// Step is the number of updates done; Cursor the position in the data.
	Step   int           `json:"step"`
	Cursor sample.Cursor `json:"cursor"`
	Seed   uint64        `json:"seed"`
	// LossSum and LossSteps make TrainLoss of the whole run.
	LossSum   float64 `json:"loss_sum"`
	LossSteps int     `json:"loss_steps"`
	// BestMetric and BestStep are those of the best evaluation; BestStep is 0
	// before the first. Stale counts evaluations since then.
	BestMetric float64 `json:"best_metric"`
	BestStep   int     `json:"best_step"`
	Stale      int     `json:"stale"`
	// Epoch is fractional, for readers of the state.
	Epoch float64 `json:"epoch"`
	// History has one entry per logged step and evaluation, under Hugging Face's
	// names. It is kept apart from the rest on disk.
	History []map[string]float64 `json:"-"`
}
