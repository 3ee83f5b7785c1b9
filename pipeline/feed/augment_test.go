package feed_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// mark puts the epoch and the row in front of a text, as words of the vocabulary.
func mark(_ context.Context, epoch uint32, ex sample.Example) (sample.Example, error) {
	ex.Text = words[5+epoch] + " " + words[5+ex.Row%3] + " " + ex.Text
	ex.Copy = uint16(epoch) + 1
	return ex, nil
}

// Rows are changed anew every epoch, whatever the workers, the budget and the
// cursor; evaluation sees them as they are.
func TestAugment(t *testing.T) {
	path := writeCSV(t, 101)
	plain := open(t, config(t, path))
	cfg := config(t, path)
	cfg.Augment, cfg.Workers = mark, 1
	first := open(t, cfg)
	for e := range 2 {
		want := epoch(t, first, sample.Cursor{Epoch: e})
		for _, b := range want {
			for i := range b.Sequences() {
				if at := b.Offsets[i]; b.IDs[at+1] != int64(5+e) || b.IDs[at+2] != int64(5+b.Row[i]%3) || int(b.Copy[i]) != e+1 {
					t.Fatalf("epoch %d, row %d: tokens %v, copy %d", e, b.Row[i], b.IDs[at:at+3], b.Copy[i])
				}
			}
		}
		for _, workers := range []int{2, 7, 64} {
			cfg.Workers, cfg.CacheBytes = workers, int64(workers)*1000
			if diff := cmp.Diff(want, epoch(t, open(t, cfg), sample.Cursor{Epoch: e})); diff != "" {
				t.Fatalf("%d workers: %s", workers, diff)
			}
		}
		if diff := cmp.Diff(want[6:], epoch(t, first, want[5].Cursor)); diff != "" {
			t.Fatalf("resumed: %s", diff)
		}
	}
	want, err := pipeline.Collect(t.Context(), plain.Evaluate())
	if err != nil {
		t.Fatal(err)
	}
	got, err := pipeline.Collect(t.Context(), first.Evaluate())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("evaluation is augmented: %s", diff)
	}
}

func TestAugmentFails(t *testing.T) {
	cfg := config(t, writeCSV(t, 20))
	broken := errors.New("broken")
	cfg.Augment = func(_ context.Context, _ uint32, ex sample.Example) (sample.Example, error) {
		return ex, fmt.Errorf("row %d: %w", ex.Row, broken)
	}
	src, err := open(t, cfg).Epoch(sample.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Collect(t.Context(), src); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
