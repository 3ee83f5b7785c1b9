package ortrain_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// pieces gives every sequence of its batches on its own.
type pieces struct{ memory }

func (p pieces) Epoch(ctx context.Context, from sample.Cursor) (ortrain.Batches, error) {
	whole, err := p.memory.Epoch(ctx, from)
	return &pieceBatches{Batches: whole, at: from}, err
}

type pieceBatches struct {
	ortrain.Batches
	at   sample.Cursor
	rest []*sample.Batch
}

func (p *pieceBatches) Next(ctx context.Context) (*sample.Batch, error) {
	if len(p.rest) == 0 {
		b, err := p.Batches.Next(ctx)
		if err != nil {
			return nil, err
		}
		for i := range b.Sequences() {
			piece := cut(b, i, i+1)
			piece.More, piece.Cursor = i+1 < b.Sequences(), p.at
			p.rest = append(p.rest, piece)
		}
		p.rest[b.Sequences()-1].Cursor = b.Cursor
		p.at = b.Cursor
	}
	piece := p.rest[0]
	p.rest = p.rest[1:]
	return piece, nil
}

// A batch that comes in pieces is one batch: steps, labels of a step and
// positions are those of the whole.
func TestPiecesOfABatchAreOneStep(t *testing.T) {
	for _, accumulate := range []int{1, 2} {
		var updates [2][]ortrain.Update
		for i, data := range []ortrain.Data{randomBatches(5), pieces{randomBatches(5)}} {
			e, s := &fake{losses: []float64{1}}, &stores{}
			cfg := ortrain.DefaultConfig()
			cfg.NumTrainEpochs, cfg.GradientAccumulationSteps, cfg.SaveStrategy = 2, accumulate, ortrain.EachEpoch
			tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: data, Store: s})
			if err != nil {
				t.Fatal(err)
			}
			r, err := tr.Run(context.Background())
			if want := 2 * (5 + accumulate - 1) / accumulate; err != nil || accumulate == 1 && r.Steps != want || r.Examples != 30 || r.Epoch != 2 {
				t.Errorf("%+v, %v", r, err)
			}
			updates[i] = e.updates
		}
		if !slices.Equal(updates[0], updates[1]) {
			t.Errorf("accumulating %d: updates %v in pieces, %v whole", accumulate, updates[1], updates[0])
		}
	}
}

func TestPiecesAreResumed(t *testing.T) {
	twice := func(c *ortrain.Config) { c.GradientAccumulationSteps = 2 }
	want := trained(t, t.TempDir(), twice, pieces{randomBatches(7)}, 0)
	for _, step := range []int{1, 4, 6} {
		if got := trained(t, t.TempDir(), twice, pieces{randomBatches(7)}, step); !slices.Equal(want, got) {
			t.Errorf("stopped after step %d and resumed: other weights", step)
		}
	}
}

// halves ends in the middle of a batch, which no data may do.
type halves struct{ pieces }

func (h halves) Epoch(ctx context.Context, from sample.Cursor) (ortrain.Batches, error) {
	src, err := h.pieces.Epoch(ctx, from)
	return &halfBatches{Batches: src}, err
}

type halfBatches struct {
	ortrain.Batches
	n int
}

func (h *halfBatches) Next(ctx context.Context) (*sample.Batch, error) {
	if h.n++; h.n > 2 {
		return nil, errEnd
	}
	return h.Batches.Next(ctx)
}

var errEnd = errors.New("the data broke off")

func TestBrokenBatchChangesNothing(t *testing.T) {
	e := &fake{losses: []float64{1}}
	cfg := ortrain.DefaultConfig()
	cfg.SaveStrategy = ortrain.Never
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: halves{pieces{randomBatches(3)}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Run(context.Background()); !errors.Is(err, errEnd) || len(e.updates) != 0 {
		t.Errorf("%v after %d updates", err, len(e.updates))
	}
}
