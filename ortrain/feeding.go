package ortrain

import (
	"context"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Feeder is a data set that gives batches, as a Feed of pipeline/feed is.
type Feeder[B Batches] interface {
	// Len counts what one epoch brings.
	Len() (examples, batches int)
	// Epoch yields one shuffled pass from a position on, Evaluate one in an order
	// that never changes.
	Epoch(from sample.Cursor) (B, error)
	Evaluate() B
}

// Shuffled returns the rows of a Feeder as Data to train on.
func Shuffled[B Batches](f Feeder[B]) Data { return shuffled[B]{f} }

// InOrder returns the rows of a Feeder as Data to evaluate on.
func InOrder[B Batches](f Feeder[B]) Data { return inOrder[B]{shuffled[B]{f}} }

type shuffled[B Batches] struct{ feed Feeder[B] }

// Batches implements Data.
func (d shuffled[B]) Batches() int { _, n := d.feed.Len(); return n }

// Examples implements Data.
func (d shuffled[B]) Examples() int64 { n, _ := d.feed.Len(); return int64(n) }

// Epoch implements Data.
func (d shuffled[B]) Epoch(_ context.Context, from sample.Cursor) (Batches, error) {
	b, err := d.feed.Epoch(from)
	if err != nil {
		return nil, err
	}
	return b, nil
}

type inOrder[B Batches] struct{ shuffled[B] }

// Epoch implements Data: every epoch is the same.
func (d inOrder[B]) Epoch(context.Context, sample.Cursor) (Batches, error) {
	return d.feed.Evaluate(), nil
}
