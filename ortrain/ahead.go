package ortrain

import (
	"context"
	"errors"
	"io"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// readAhead reads the micro-batches of a step before the first one runs, where a
// method has to know how many of the step's rows have labels, and counts these.
// Elsewhere it returns batches as they are.
func (t *Trainer) readAhead(ctx context.Context, batches Batches) (Batches, error) {
	if t.perturber == nil || !t.perturber.Unlabelled() {
		return batches, nil
	}
	t.counted.rows, t.counted.labels = 0, 0
	q := &queue{}
	for whole := 0; whole < t.cfg.GradientAccumulationSteps; {
		b, err := batches.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		t.counted.rows += float64(b.Sequences())
		t.counted.labels += t.parts.Engine.(Perturbable).Labels(b)
		q.batches = append(q.batches, copyOf(b))
		if !b.More {
			whole++
		}
	}
	return q, nil
}

// queue is batches in memory; whoever made it closes what they came from.
type queue struct{ batches []*sample.Batch }

// Next implements Batches.
func (q *queue) Next(context.Context) (*sample.Batch, error) {
	if len(q.batches) == 0 {
		return nil, io.EOF
	}
	b := q.batches[0]
	q.batches = q.batches[1:]
	return b, nil
}

// Close implements Batches.
func (q *queue) Close() error { return nil }
