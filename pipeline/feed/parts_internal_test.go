package feed

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// vocabulary of the generated texts.
var vocabulary = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "card", "lost", "my", "is", "when", "does", "it", "come", "##s", "pin", "top"}

// generated is a data set of parts with given numbers of rows.
type generated struct {
	seed    uint64
	sizes   []int
	missing int // rows that the last part has lost since it was opened
	opened  *atomic.Int64
	reads   *atomic.Int64
}

func newGenerated(seed uint64, sizes ...int) *generated {
	return &generated{seed: seed, sizes: sizes, opened: new(atomic.Int64), reads: new(atomic.Int64)}
}

func (g *generated) len() int { return len(g.sizes) }

func (g *generated) rows(part int) int { return g.sizes[part] }

func (g *generated) example(row int) sample.Example {
	r := random.New(g.seed, random.Generate, 0, uint64(row), 0)
	var text []string
	for range r.IntN(30) {
		text = append(text, vocabulary[5+r.IntN(len(vocabulary)-5)])
	}
	return sample.Example{Row: uint64(row), Text: strings.Join(text, " "), Label: sample.Class(int64(r.IntN(3)))}
}

func (g *generated) read(_ context.Context, part int) pipeline.Source[*record.Batch] {
	g.opened.Add(1)
	row := 0
	for _, n := range g.sizes[:part] {
		row += n
	}
	end := row + g.sizes[part]
	if part == len(g.sizes)-1 {
		end -= g.missing
	}
	memory := new(record.Allocator)
	return pipeline.New(func(context.Context) (*record.Batch, error) {
		if row >= end {
			return nil, io.EOF
		}
		var rows []sample.Example
		for ; row < end && len(rows) < 7; row++ {
			rows = append(rows, g.example(row))
		}
		g.reads.Add(int64(len(rows)))
		return record.Of(memory, rows)
	}, nil)
}

func testConfig(t testing.TB) Config {
	t.Helper()
	file, err := tokenize.DefaultWordPiece().File([]byte(strings.Join(vocabulary, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.New(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tok.Close() })
	cfg := DefaultConfig()
	cfg.Tokenizer, cfg.BatchSize, cfg.Window, cfg.World, cfg.Workers = tok, 4, 2, 1, 2
	cfg.ShuffleRows, cfg.Names = 24, []string{"a", "b", "c"}
	return cfg
}

func openSource(t testing.TB, cfg Config, sets ...parts) *Feed {
	t.Helper()
	if cfg.Mix == nil && len(sets) > 1 {
		cfg.Mix = make([]Dataset, len(sets))
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	f, err := open(t.Context(), cfg, sets)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func pass(t testing.TB, f *Feed, from sample.Cursor) []*sample.Batch {
	t.Helper()
	src, err := f.Epoch(from)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pipeline.Collect(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// budgets hold all rows, and none.
var budgets = []int64{1 << 30, 0}

func rowsOf(batches []*sample.Batch) (out []uint64) {
	for _, b := range batches {
		out = append(out, b.Row...)
	}
	return out
}

func TestOrderIsOneForAnyBudgetWorkersAndCursor(t *testing.T) {
	cfg := testConfig(t)
	for i, sizes := range [][]int{{3, 50, 0, 1, 46}, {100}, {10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, {24, 24, 24, 28}} {
		var want []*sample.Batch
		many, deep := []int{2, 1, 7, 64}, []int{1, 0, 32}
		if i > 0 {
			many, deep = many[:1], deep[:1]
		}
		for _, budget := range budgets {
			for _, workers := range many {
				for _, prefetch := range deep {
					c := cfg
					c.CacheBytes, c.Workers, c.Prefetch = budget, workers, prefetch
					f := openSource(t, c, newGenerated(1, sizes...))
					if held := f.data.shelf != nil; held != (budget > 0) {
						t.Fatalf("budget %d: rows held: %v", budget, held)
					}
					got := pass(t, f, sample.Cursor{Epoch: 2})
					if want == nil {
						want = got
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("parts %v, budget %d, %d workers, prefetch %d: %s", sizes, budget, workers, prefetch, diff)
					}
					if workers == 2 && prefetch == 1 {
						for i, b := range want {
							if diff := cmp.Diff(want[i+1:], append([]*sample.Batch{}, pass(t, f, b.Cursor)...)); diff != "" {
								t.Fatalf("parts %v, budget %d: resumed after batch %d: %s", sizes, budget, i, diff)
							}
						}
					}
				}
			}
		}
		seen := rowsOf(want)
		slices.Sort(seen)
		for i := range 100 {
			if len(seen) != 100 || seen[i] != uint64(i) {
				t.Fatalf("parts %v: rows %v", sizes, seen)
			}
		}
	}
}

// A data set within one window is shuffled as a whole, whatever its parts.
func TestOneWindowForgetsParts(t *testing.T) {
	cfg := testConfig(t)
	cfg.ShuffleRows = 0
	want := pass(t, openSource(t, cfg, newGenerated(1, 100)), sample.Cursor{})
	got := pass(t, openSource(t, cfg, newGenerated(1, 20, 1, 79)), sample.Cursor{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Rows come from anywhere in the data, not only from near their own window.
func TestPartsArePermuted(t *testing.T) {
	cfg := testConfig(t)
	sizes := make([]int, 50)
	for i := range sizes {
		sizes[i] = 8
	}
	f := openSource(t, cfg, newGenerated(1, sizes...))
	first := map[uint64]bool{}
	for epoch := range 20 {
		for _, row := range rowsOf(pass(t, f, sample.Cursor{Epoch: epoch})[:6]) {
			first[row/8] = true
		}
	}
	if len(first) < 25 {
		t.Errorf("the first window of 20 epochs saw %d of 50 parts", len(first))
	}
}

func TestEveryRankSeesItsBatches(t *testing.T) {
	cfg := testConfig(t)
	g := newGenerated(1, 30, 40, 33)
	whole := pass(t, openSource(t, cfg, g), sample.Cursor{Epoch: 1})
	for _, budget := range budgets {
		for _, world := range []int{2, 3, 30} {
			var got []uint64
			for rank := range world {
				c := cfg
				c.CacheBytes, c.World, c.Rank = budget, world, rank
				batches := pass(t, openSource(t, c, g), sample.Cursor{Epoch: 1})
				for i, b := range batches {
					if !slices.Equal(b.IDs, whole[i*world+rank].IDs) {
						t.Fatalf("batch %d of rank %d of %d is not batch %d of all", i, rank, world, i*world+rank)
					}
				}
				got = append(got, rowsOf(batches)...)
			}
			slices.Sort(got)
			if len(got) != 103 || len(slices.Compact(got)) != 103 {
				t.Errorf("%d ranks saw %d rows", world, len(got))
			}
		}
	}
}

// A cursor late in a large data set leads to its window at once.
func TestResumeReadsOnlyTheWindow(t *testing.T) {
	cfg := testConfig(t)
	cfg.CacheBytes = 0
	sizes := make([]int, 100)
	for i := range sizes {
		sizes[i] = 20
	}
	g := newGenerated(1, sizes...)
	f := openSource(t, cfg, g)
	opened, read := g.opened.Load(), g.reads.Load()
	src, err := f.Epoch(sample.Cursor{Batch: 400, Examples: 1600})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	// The window, what is prefetched of later ones, and the begun parts.
	if parts, rows := g.opened.Load()-opened, g.reads.Load()-read; parts > 30 || rows > 600 {
		t.Errorf("%d parts and %d rows were read to go on at row 1600 of 2000", parts, rows)
	}
}

func TestLawsOfAPassOverLargeData(t *testing.T) {
	cfg := testConfig(t)
	cfg.CacheBytes = 0
	f := openSource(t, cfg, newGenerated(1, 20, 30, 10))
	want := pass(t, f, sample.Cursor{})
	pipetest.Laws(t, func() pipeline.Source[*sample.Batch] {
		src, err := f.Epoch(sample.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}, want)
}

func TestDataThatChangeAreNamed(t *testing.T) {
	cfg := testConfig(t)
	cfg.CacheBytes = 0
	g := newGenerated(1, 20, 30)
	f := openSource(t, cfg, g)
	g.missing = 5
	src, err := f.Epoch(sample.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Collect(t.Context(), src); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
}

// firstOfEach drops rows whose text came before: cleaning with a memory.
func firstOfEach(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	seen := map[string]bool{}
	return pipeline.Apply(upper(src), func(_ context.Context, b *record.Batch) (*record.Batch, error) {
		defer b.Release()
		return record.Of(new(record.Allocator), slices.DeleteFunc(b.Examples(), func(ex sample.Example) bool {
			twice := seen[ex.Text]
			seen[strings.Clone(ex.Text)] = true
			return twice
		}))
	})
}

// upper edits single rows.
func upper(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	return pipeline.Map(src, 2, func(_ context.Context, b *record.Batch) (*record.Batch, error) {
		defer b.Release()
		rows := b.Examples()
		for i := range rows {
			rows[i].Text = strings.ToUpper(rows[i].Text)
		}
		return record.Of(new(record.Allocator), rows)
	})
}

func TestCleaningThatRemembers(t *testing.T) {
	cfg := testConfig(t)
	cfg.Clean, cfg.Edit = firstOfEach, upper
	g := newGenerated(1, 300, 300, 300)
	var want []*sample.Batch
	for _, budget := range budgets {
		cfg.CacheBytes = budget
		f := openSource(t, cfg, g)
		if f.Rows() > 890 || f.Rows() < 600 {
			t.Fatalf("%d rows of 900 are left", f.Rows())
		}
		got := pass(t, f, sample.Cursor{})
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("budget %d: %s", budget, diff)
		}
		row := want[3].Row[0]
		ex, err := f.Example(t.Context(), row)
		if err != nil || ex.Text != strings.ToUpper(g.example(int(row)).Text) {
			t.Errorf("budget %d: row %d is %q, %v", budget, row, ex.Text, err)
		}
	}
}

func TestSplitAndLimitForAnyBudget(t *testing.T) {
	cfg := testConfig(t)
	cfg.HeldOut = 0.3
	g := newGenerated(1, 50, 1, 80)
	var want [3][]uint64
	for i, budget := range budgets {
		cfg.CacheBytes = budget
		train, held, err := openSource(t, cfg, g).Split()
		if err != nil {
			t.Fatal(err)
		}
		for k, f := range []*Feed{train, held, train.Limit(33)} {
			got := rowsOf(pass(t, f, sample.Cursor{}))
			if len(got) != f.Rows() {
				t.Errorf("%d rows came of %d", len(got), f.Rows())
			}
			if i == 0 {
				want[k] = got
			} else if !slices.Equal(want[k], got) {
				t.Errorf("part %d depends on the budget", k)
			}
		}
	}
	both := slices.Concat(want[0], want[1])
	slices.Sort(both)
	if len(slices.Compact(both)) != 131 {
		t.Errorf("the sides have %d rows of 131", len(both))
	}
	limited := slices.Sorted(slices.Values(want[2]))
	all := slices.Sorted(slices.Values(want[0]))
	if !slices.Equal(limited, all[:33]) {
		t.Errorf("the limit keeps %v", limited)
	}
}

func TestTokenBoundChangesNoStep(t *testing.T) {
	cfg := testConfig(t)
	cfg.BatchSize, cfg.MaxLength = 16, 20
	g := newGenerated(1, 50, 53)
	whole := pass(t, openSource(t, cfg, g), sample.Cursor{})
	cfg.MaxTokens = 64
	for _, budget := range budgets {
		cfg.CacheBytes = budget
		f := openSource(t, cfg, g)
		got := pass(t, f, sample.Cursor{})
		at := 0
		var cursor sample.Cursor
		for i, b := range whole {
			var ids []int64
			for more := true; more; at++ {
				p := got[at]
				if p.Sequences()*p.Longest() > 64 {
					t.Errorf("%d sequences of %d tokens in a piece", p.Sequences(), p.Longest())
				}
				ids, more = append(ids, p.IDs...), p.More
				if more && p.Cursor != cursor {
					t.Errorf("a piece of batch %d has the cursor %+v", i, p.Cursor)
				}
				cursor = p.Cursor
			}
			if !slices.Equal(ids, b.IDs) || cursor != b.Cursor {
				t.Fatalf("batch %d differs; cursors %+v and %+v", i, cursor, b.Cursor)
			}
			if diff := cmp.Diff(got[at:], append([]*sample.Batch{}, pass(t, f, cursor)...)); diff != "" {
				t.Fatalf("resumed after batch %d: %s", i, diff)
			}
		}
		if at != len(got) || at == len(whole) {
			t.Errorf("%d pieces for %d batches, %d left", len(got), len(whole), len(got)-at)
		}
		largest, err := f.Largest(t.Context())
		if err != nil || largest.Sequences()*largest.Longest() > 64 {
			t.Errorf("the largest has %d sequences, %v", largest.Sequences(), err)
		}
	}
	cfg.MaxTokens = 19
	if err := cfg.Validate(); !errors.Is(err, ErrConfig) {
		t.Errorf("a bound below one sequence: %v", err)
	}
}
