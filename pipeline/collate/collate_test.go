package collate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// sequence makes one of n tokens; its ids are the row and 1 … n-1.
func sequence(row, n int) collate.Sequence {
	s := collate.Sequence{Row: uint64(row), Label: sample.Class(int64(row % 3)), TypeIDs: make([]uint8, n)}
	for i := range n {
		s.IDs = append(s.IDs, int32(i))
	}
	s.IDs[0] = int32(row)
	return s
}

// sequences makes n of 1 to 40 tokens.
func sequences(n int) []collate.Sequence {
	r := random.New(3, random.Generate, 0, 0, 0)
	all := make([]collate.Sequence, n)
	for i := range all {
		all[i] = sequence(i, 1+r.IntN(40))
	}
	return all
}

// batches collates all in chunks of a size.
func batches(t testing.TB, all []collate.Sequence, chunk int, o collate.Options) [][]collate.Sequence {
	t.Helper()
	src := pipeline.FromSlice(slices.Collect(slices.Chunk(slices.Clone(all), chunk)))
	out, err := pipeline.Collect(t.Context(), collate.Batches(src, o))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func rows(batch []collate.Sequence) (out []int) {
	for _, s := range batch {
		out = append(out, int(s.Row))
	}
	return out
}

func TestBatchesKeepEverySequenceOnce(t *testing.T) {
	all := sequences(103)
	for _, o := range []collate.Options{
		{BatchSize: 8, Window: 4, Group: true, Shuffle: true, Seed: 1},
		{BatchSize: 8, Window: 4, Group: true},
		{BatchSize: 8, Window: 4, Shuffle: true},
		{BatchSize: 8, Window: 1}, {BatchSize: 200, Window: 2, Group: true}, {},
	} {
		want := batches(t, all, 103, o)
		var seen []int
		for i, b := range want {
			if size := max(o.BatchSize, 1); len(b) != size && i != len(want)-1 {
				t.Errorf("%+v: batch %d of %d has %d sequences", o, i, len(want), len(b))
			}
			seen = append(seen, rows(b)...)
		}
		slices.Sort(seen)
		for i := range all {
			if len(seen) != len(all) || seen[i] != i {
				t.Fatalf("%+v: rows %v", o, seen)
			}
		}
		for _, chunk := range []int{1, 7, 64} {
			if diff := cmp.Diff(want, batches(t, all, chunk, o)); diff != "" {
				t.Errorf("%+v: chunks of %d give other batches: %s", o, chunk, diff)
			}
		}
	}
}

func TestWindowsBoundHowFarSequencesMove(t *testing.T) {
	o := collate.Options{BatchSize: 4, Window: 3, Group: true, Shuffle: true, Seed: 1}
	got := batches(t, sequences(36), 5, o)
	for i, b := range got {
		for _, row := range rows(b) {
			if row/12 != i/3 {
				t.Errorf("row %d of window %d is in batch %d", row, row/12, i)
			}
		}
	}
}

func TestGroupsHaveLikeLengths(t *testing.T) {
	o := collate.Options{BatchSize: 8, Window: 16, Group: true}
	last := 0
	for _, b := range batches(t, sequences(128), 32, o) {
		for _, s := range b {
			if len(s.IDs) < last {
				t.Errorf("%d tokens come after %d", len(s.IDs), last)
			}
			last = len(s.IDs)
		}
	}
}

// What follows a window does not depend on where the input began.
func TestWindowsCanBeMadeAgain(t *testing.T) {
	all := sequences(100)
	o := collate.Options{BatchSize: 4, Window: 5, Group: true, Shuffle: true, Seed: 9, Epoch: 2}
	want := batches(t, all, 8, o)
	o.First = 3
	if diff := cmp.Diff(want[15:], batches(t, all[60:], 8, o)); diff != "" {
		t.Error(diff)
	}
	o.Epoch = 3
	if cmp.Equal(want[15:], batches(t, all[60:], 8, o)) {
		t.Error("another epoch gives the same order")
	}
}

// The incomplete batch takes the last sequences of the order, not the longest.
func TestIncompleteBatchIsDrawn(t *testing.T) {
	all := []collate.Sequence{sequence(0, 9), sequence(1, 9), sequence(2, 1)}
	got := batches(t, all, 3, collate.Options{BatchSize: 2, Window: 2, Group: true, Shuffle: true})
	if len(got) != 2 || !slices.Equal(rows(got[1]), []int{2}) {
		t.Errorf("got %v", got)
	}
}

func TestBatchesObeyTheLaws(t *testing.T) {
	all := sequences(50)
	o := collate.Options{BatchSize: 4, Window: 3, Group: true, Shuffle: true, Seed: 5}
	pipetest.Laws(t, func() pipeline.Source[[]collate.Sequence] {
		return collate.Batches(pipeline.FromSlice(slices.Collect(slices.Chunk(slices.Clone(all), 7))), o)
	}, batches(t, all, 7, o))
}

func TestErrorsOfTheInputPass(t *testing.T) {
	boom := errors.New("boom")
	n := 0
	src := pipeline.New(func(context.Context) ([]collate.Sequence, error) {
		if n++; n > 2 {
			return nil, boom
		}
		return sequences(3), nil
	}, nil)
	out := collate.Batches(src, collate.Options{BatchSize: 2, Window: 4})
	if _, err := out.Next(t.Context()); !errors.Is(err, boom) {
		t.Errorf("got %v, want the error of the input", err)
	}
	if err := out.Close(); !errors.Is(err, boom) {
		t.Errorf("Close: %v", err)
	}
}

func TestPack(t *testing.T) {
	a, b := sequence(7, 3), sequence(8, 2)
	b.TypeIDs, b.Copy = []uint8{0, 1}, 4
	got, err := collate.Pack(sample.ClassLabel, []collate.Sequence{a, b})
	want := &sample.Batch{
		IDs: []int64{7, 1, 2, 8, 1}, TypeIDs: []int64{0, 0, 0, 0, 1}, Positions: []int64{0, 1, 2, 0, 1},
		Offsets: []int32{0, 3, 5}, Row: []uint64{7, 8}, Copy: []uint16{0, 4},
		Labels: sample.Labels{Int: []int64{1, 2}, Shape: []int64{2}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestPackLabels(t *testing.T) {
	none, class := sequence(0, 1), sequence(1, 2)
	none.Label = sample.Label{}
	value, multi := sequence(2, 1), sequence(3, 1)
	value.Label = sample.Label{Kind: sample.ValueLabel, Float: []float32{2.5}}
	multi.Label = sample.Label{Kind: sample.MultiLabel, Float: []float32{0, 1, 1}}
	other := multi
	other.Label = sample.Label{Kind: sample.MultiLabel, Float: []float32{1}}
	tags, short := sequence(4, 2), sequence(5, 2)
	tags.Label = sample.Label{Kind: sample.TagLabel, Int: []int64{sample.Ignore, 3}}
	short.Label = sample.Label{Kind: sample.TagLabel, Int: []int64{3}}
	answer, beyond, unanswered := sequence(5, 3), sequence(6, 3), sequence(7, 3)
	answer.Label = sample.Label{Kind: sample.SpanLabel, Int: []int64{1, 2}}
	beyond.Label = sample.Label{Kind: sample.SpanLabel, Int: []int64{1, 3}}
	unanswered.Label = sample.Label{Kind: sample.SpanLabel, Int: []int64{0, 0}}
	for _, c := range []struct {
		kind  sample.LabelKind
		in    []collate.Sequence
		want  sample.Labels
		fault string
	}{
		{sample.NoLabel, []collate.Sequence{none, none}, sample.Labels{}, ""},
		{sample.ClassLabel, []collate.Sequence{none, class}, sample.Labels{Int: []int64{sample.Ignore, 1}, Shape: []int64{2}}, ""},
		{sample.ValueLabel, []collate.Sequence{value, value}, sample.Labels{Float: []float32{2.5, 2.5}, Shape: []int64{2}}, ""},
		{sample.MultiLabel, []collate.Sequence{multi, multi}, sample.Labels{Float: []float32{0, 1, 1, 0, 1, 1}, Shape: []int64{2, 3}}, ""},
		{sample.TagLabel, []collate.Sequence{tags, none}, sample.Labels{Int: []int64{sample.Ignore, 3, sample.Ignore}, Shape: []int64{3}}, ""},
		{sample.SpanLabel, []collate.Sequence{answer, unanswered}, sample.Labels{Int: []int64{1, 2, 0, 0}, Shape: []int64{2, 2}}, ""},
		{sample.TagLabel, []collate.Sequence{short}, sample.Labels{}, "row 5 has 1 tags for 2 tokens"},
		{sample.SpanLabel, []collate.Sequence{beyond}, sample.Labels{}, "row 6"},
		{sample.SpanLabel, []collate.Sequence{none}, sample.Labels{Int: []int64{sample.Ignore, sample.Ignore}, Shape: []int64{1, 2}}, ""},
		{sample.ClassLabel, []collate.Sequence{value}, sample.Labels{}, "row 2"},
		{sample.ValueLabel, []collate.Sequence{value, none}, sample.Labels{}, "row 0 has no label"},
		{sample.MultiLabel, []collate.Sequence{multi, multi, other}, sample.Labels{}, "row 3"},
	} {
		b, err := collate.Pack(c.kind, c.in)
		switch {
		case c.fault != "":
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("kind %d: %v, want %q", c.kind, err, c.fault)
			}
		case err != nil:
			t.Errorf("kind %d: %v", c.kind, err)
		default:
			if diff := cmp.Diff(c.want, b.Labels); diff != "" {
				t.Errorf("kind %d: %s", c.kind, diff)
			}
		}
	}
	if _, err := collate.Pack(sample.NoLabel, nil); err == nil {
		t.Error("a batch of nothing was packed")
	}
}

func TestCutObeysBothBounds(t *testing.T) {
	all := sequences(64)
	for i := range all {
		for w := range i % 3 {
			rest := sequence(i, 1+(i*7+w)%40)
			rest.Copy = uint16(w + 1)
			all[i].Rest = append(all[i].Rest, rest)
		}
	}
	for _, c := range []struct{ size, tokens int }{{8, 0}, {8, 100}, {100, 64}, {1, 0}, {8, 40}} {
		pieces := collate.Cut(all, c.size, c.tokens)
		var order [][2]int
		for i, piece := range pieces {
			longest, next := 0, 0
			for _, s := range piece {
				longest = max(longest, len(s.IDs))
				order = append(order, [2]int{int(s.Row), int(s.Copy)})
				if s.Rest != nil {
					t.Errorf("%+v: row %d keeps its windows", c, s.Row)
				}
			}
			if i+1 < len(pieces) {
				next = max(longest, len(pieces[i+1][0].IDs))
			}
			if len(piece) > c.size || c.tokens > 0 && len(piece)*longest > c.tokens {
				t.Errorf("%+v: piece %d has %d sequences of up to %d tokens", c, i, len(piece), longest)
			}
			if next > 0 && len(piece) < c.size && (c.tokens == 0 || (len(piece)+1)*next <= c.tokens) {
				t.Errorf("%+v: piece %d has room for one more", c, i)
			}
		}
		var want [][2]int
		for i := range all {
			for w := range 1 + i%3 {
				want = append(want, [2]int{i, w})
			}
		}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
	if got := collate.Cut(all[:1], 8, 1); len(got) != 1 {
		t.Errorf("a sequence longer than the bound gives %d pieces", len(got))
	}
}

func Example() {
	src := pipeline.FromSlice([][]collate.Sequence{
		{sequence(0, 4), sequence(1, 1), sequence(2, 3)},
		{sequence(3, 1)},
	})
	ctx := context.Background()
	batches := collate.Batches(src, collate.Options{BatchSize: 2, Window: 2, Group: true})
	defer batches.Close()
	for {
		sequences, err := batches.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		b, err := collate.Pack(sample.ClassLabel, sequences)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.Row, b.IDs, b.Offsets, b.Labels.Int)
	}
	// Output:
	// [1 3] [1 3] [0 1 2] [1 0]
	// [2 0] [2 1 2 0 1 2 3] [0 3 7] [2 0]
}
