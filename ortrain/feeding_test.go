package ortrain_test

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/pipeline/sample"
)

var errFeed = errors.New("no such epoch")

// feeder is a Feeder over batches in memory; it has two epochs.
type feeder struct{ memory }

func (f feeder) Len() (examples, batches int) { return int(f.memory.Examples()), len(f.memory) }

func (f feeder) Epoch(from sample.Cursor) (*memoryBatches, error) {
	if from.Epoch > 1 {
		return nil, errFeed
	}
	b, err := f.memory.Epoch(context.Background(), from)
	if err != nil {
		return nil, err
	}
	return b.(*memoryBatches), nil
}

func (f feeder) Evaluate() *memoryBatches {
	order := make([]int, len(f.memory))
	for i := range order {
		order[i] = i
	}
	return &memoryBatches{f.memory, order, sample.Cursor{}}
}

func rowsOf(t *testing.T, d ortrain.Data, from sample.Cursor) (rows []uint64) {
	t.Helper()
	batches, err := d.Epoch(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := batches.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, b.Row...)
	}
}

func TestFeederBecomesData(t *testing.T) {
	f := feeder{oneSequence(9)}
	train, eval := ortrain.Shuffled(f), ortrain.InOrder(f)
	for _, d := range []ortrain.Data{train, eval} {
		if d.Batches() != 9 || d.Examples() != 9 {
			t.Errorf("%d batches with %d examples; 9 and 9 are expected", d.Batches(), d.Examples())
		}
	}
	if got := rowsOf(t, train, sample.Cursor{Epoch: 1, Batch: 4}); len(got) != 5 {
		t.Errorf("after the fourth batch: rows %v", got)
	}
	if batches, err := train.Epoch(t.Context(), sample.Cursor{Epoch: 2}); !errors.Is(err, errFeed) || batches != nil {
		t.Errorf("%v, %v; the feeder's error and nil are expected", batches, err)
	}
	for i, row := range rowsOf(t, eval, sample.Cursor{Epoch: 5, Batch: 3}) {
		if row != uint64(100+i) {
			t.Fatalf("row %d at place %d of the evaluation", row, i)
		}
	}
}

func TestClassScorer(t *testing.T) {
	s := ortrain.NewClassScorer(2)
	out := ortrain.Outputs{Logits: []float32{1, 0, 0, 1, 2, 0, 0, 3}, LogitsShape: []int64{4, 2}}
	b := &sample.Batch{Labels: sample.Labels{Int: []int64{0, 1, 1, 1}, Shape: []int64{4}}}
	if err := s.Add(out, b); err != nil {
		t.Fatal(err)
	}
	// Class 1: precision 2/2, recall 2/3; class 0: precision 1/2, recall 1/1.
	m := s.Metrics()
	if m["accuracy"] != 0.75 || math.Abs(m["f1_macro"]-(0.8+2.0/3)/2) > 1e-12 {
		t.Errorf("%v", m)
	}
	b.Labels.Int = b.Labels.Int[:3]
	if err := s.Add(out, b); err == nil {
		t.Error("three labels for four rows are taken")
	}
}
