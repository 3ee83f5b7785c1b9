package sample_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/sample"
)

func twoSequences() *sample.Batch {
	return &sample.Batch{
		IDs:       []int64{101, 7, 102, 101, 102},
		TypeIDs:   make([]int64, 5),
		Positions: []int64{0, 1, 2, 0, 1},
		Offsets:   []int32{0, 3, 5},
		Labels:    sample.Labels{Int: []int64{1, 0}, Shape: []int64{2}},
		Row:       []uint64{10, 11},
		Copy:      []uint16{0, 0},
	}
}

func TestCheckNamesEachFault(t *testing.T) {
	if err := twoSequences().Check(); err != nil {
		t.Fatalf("a sound batch: %v", err)
	}
	for want, spoil := range map[string]func(*sample.Batch){
		"no sequences":   func(b *sample.Batch) { b.Offsets = nil },
		"positions":      func(b *sample.Batch) { b.Positions = b.Positions[1:] },
		"offsets run":    func(b *sample.Batch) { b.Offsets[2] = 4 },
		"rows":           func(b *sample.Batch) { b.Row = nil },
		"has 0 tokens":   func(b *sample.Batch) { b.Offsets[1] = 0 },
		"both integers":  func(b *sample.Batch) { b.Labels.Float = []float32{1, 2} },
		"labels for sha": func(b *sample.Batch) { b.Labels.Shape = []int64{3} },
	} {
		b := twoSequences()
		spoil(b)
		if err := b.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func ExampleBatch_Padding() {
	b := twoSequences()
	fmt.Printf("B=%d T=%d S=%d padding %.2f\n", b.Sequences(), b.Tokens(), b.Longest(), b.Padding())
	// Output: B=2 T=5 S=3 padding 0.17
}
