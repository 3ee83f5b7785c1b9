package feed_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// words are the vocabulary of the generated texts.
var words = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "card", "lost", "my", "is", "when", "does", "it", "come", "##s", "pin", "top"}

func tokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	file, err := tokenize.DefaultWordPiece().File([]byte(strings.Join(words, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.New(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tok.Close() })
	return tok
}

// writeCSV writes n rows of random texts in four classes.
func writeCSV(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range n {
		r := random.New(9, random.Generate, 0, uint64(i), 0)
		var text []string
		for range r.IntN(40) {
			text = append(text, words[5+r.IntN(len(words)-5)])
		}
		fmt.Fprintf(&b, "\"%s %d\",class%d\n", strings.Join(text, " "), i, r.IntN(4))
	}
	path := filepath.Join(t.TempDir(), "train.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func config(t testing.TB, path string) feed.Config {
	cfg := feed.DefaultConfig()
	cfg.Files, cfg.Tokenizer = []string{path}, tokenizer(t)
	cfg.Window = 4
	return cfg
}

func open(t testing.TB, cfg feed.Config) *feed.Feed {
	t.Helper()
	f, err := feed.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func epoch(t testing.TB, f *feed.Feed, from sample.Cursor) []*sample.Batch {
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

func TestSameBytesForAnyWorkersPrefetchBudget(t *testing.T) {
	path := writeCSV(t, 201)
	cfg := config(t, path)
	cfg.Workers, cfg.Prefetch = 1, 0
	want := epoch(t, open(t, cfg), sample.Cursor{Epoch: 1})
	if len(want) != 26 {
		t.Fatalf("%d batches, want 26", len(want))
	}
	for _, workers := range []int{1, 2, 7, 64} {
		for _, prefetch := range []int{0, 1, 32} {
			for _, budget := range []int64{1 << 20, 4000, 0} {
				cfg.Workers, cfg.Prefetch, cfg.CacheBytes = workers, prefetch, budget
				f := open(t, cfg)
				for range 2 { // the second time from kept tokens
					if diff := cmp.Diff(want, epoch(t, f, sample.Cursor{Epoch: 1})); diff != "" {
						t.Fatalf("%d workers, prefetch %d, budget %d: %s", workers, prefetch, budget, diff)
					}
				}
			}
		}
	}
	cfg.Seed++
	if cmp.Equal(want, epoch(t, open(t, cfg), sample.Cursor{Epoch: 1})) {
		t.Error("another seed gives the same batches")
	}
	if cmp.Equal(want, epoch(t, open(t, cfg), sample.Cursor{Epoch: 2})) {
		t.Error("another epoch gives the same batches")
	}
}

func TestLawsOfAPass(t *testing.T) {
	cfg := config(t, writeCSV(t, 100))
	f := open(t, cfg)
	want := epoch(t, f, sample.Cursor{})
	pipetest.Laws(t, func() pipeline.Source[*sample.Batch] {
		src, err := f.Epoch(sample.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}, want)
}

func TestResumeAtEveryCursor(t *testing.T) {
	path := writeCSV(t, 101)
	for _, c := range []struct{ group, shuffle bool }{{true, true}, {false, true}, {true, false}, {false, false}} {
		for world := range 3 {
			cfg := config(t, path)
			cfg.GroupByLength, cfg.Shuffle = c.group, c.shuffle
			cfg.World, cfg.Rank = world, max(world-1, 0)
			f := open(t, cfg)
			whole := epoch(t, f, sample.Cursor{Epoch: 3})
			for i, b := range whole {
				if diff := cmp.Diff(whole[i+1:], append([]*sample.Batch{}, epoch(t, f, b.Cursor)...)); diff != "" {
					t.Fatalf("%+v world %d: resumed after batch %d: %s", c, world, i, diff)
				}
			}
			examples, batches := f.Len()
			last := whole[len(whole)-1].Cursor
			if last.Batch != batches || last.Examples != int64(examples) || last.Epoch != 3 {
				t.Errorf("%+v world %d: the last cursor is %+v, Len is %d and %d", c, world, last, examples, batches)
			}
		}
	}
}

func TestCursorsThatDoNotFitAreRefused(t *testing.T) {
	f := open(t, config(t, writeCSV(t, 20)))
	for _, c := range []sample.Cursor{{Batch: 4, Examples: 20}, {Batch: 1, Examples: 7}, {Batch: -1}, {Epoch: -1}, {Batch: 3, Examples: 24}} {
		if _, err := f.Epoch(c); !errors.Is(err, feed.ErrCursor) {
			t.Errorf("%+v: %v, want ErrCursor", c, err)
		}
	}
	if got := epoch(t, f, sample.Cursor{Batch: 3, Examples: 20}); len(got) != 0 {
		t.Errorf("%d batches after the end", len(got))
	}
}

func TestEveryRowOncePerEpochForAnyWorld(t *testing.T) {
	path := writeCSV(t, 103)
	for _, world := range []int{1, 2, 3, 5, 16} {
		seen := map[uint64]int{}
		for rank := range world {
			cfg := config(t, path)
			cfg.World, cfg.Rank = world, rank
			f := open(t, cfg)
			examples, batches := f.Len()
			got := epoch(t, f, sample.Cursor{})
			for _, b := range got {
				if err := b.Check(); err != nil {
					t.Fatal(err)
				}
				for _, row := range b.Row {
					seen[row]++
					examples--
				}
			}
			if examples != 0 || len(got) != batches {
				t.Errorf("rank %d of %d: %d examples off, %d batches, want %d", rank, world, examples, len(got), batches)
			}
		}
		if len(seen) != 103 {
			t.Errorf("world %d: %d of 103 rows came", world, len(seen))
		}
		for row, n := range seen {
			if n != 1 {
				t.Errorf("world %d: row %d came %d times", world, row, n)
			}
		}
	}
}

func TestBatchesHoldTheTexts(t *testing.T) {
	cfg := config(t, writeCSV(t, 60))
	cfg.MaxLength = 12
	f := open(t, cfg)
	if want := []string{"class0", "class1", "class2", "class3"}; !slices.Equal(f.Names(), want) {
		t.Errorf("names %v", f.Names())
	}
	counts := make([]int, 4)
	for _, src := range []pipeline.Source[*sample.Batch]{f.Evaluate(), must(f.Epoch(sample.Cursor{}))} {
		batches, err := pipeline.Collect(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			for i, row := range b.Row {
				ex, err := f.Example(t.Context(), row)
				if err != nil {
					t.Fatal(err)
				}
				e, err := cfg.Tokenizer.Encode(ex.Text, tokenize.Options{MaxLength: 12})
				if err != nil {
					t.Fatal(err)
				}
				from, to := b.Offsets[i], b.Offsets[i+1]
				for k, id := range e.IDs {
					if b.IDs[int(from)+k] != int64(id) || b.Positions[int(from)+k] != int64(k) {
						t.Fatalf("row %d: token %d differs", row, k)
					}
				}
				if int(to-from) != len(e.IDs) || b.Labels.Int[i] != ex.Label.Int[0] {
					t.Fatalf("row %d: %d tokens and label %d, want %d and %v", row, to-from, b.Labels.Int[i], len(e.IDs), ex.Label.Int)
				}
				counts[ex.Label.Int[0]]++
			}
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total != 120 {
		t.Errorf("%d labels came in two passes over 60 rows", total)
	}
	if _, err := f.Example(t.Context(), 60); err == nil {
		t.Error("row 60 of 60 was found")
	}
}

func must(src pipeline.Source[*sample.Batch], err error) pipeline.Source[*sample.Batch] {
	if err != nil {
		panic(err)
	}
	return src
}

func TestGroupingSavesPadding(t *testing.T) {
	cfg := config(t, writeCSV(t, 512))
	padding := func() float64 {
		area, tokens := 0, 0
		for _, b := range epoch(t, open(t, cfg), sample.Cursor{}) {
			area += b.Sequences() * b.Longest()
			tokens += b.Tokens()
		}
		return 1 - float64(tokens)/float64(area)
	}
	cfg.Window = 16
	grouped := padding()
	cfg.GroupByLength = false
	if plain := padding(); grouped > 0.1 || plain < 0.3 {
		t.Errorf("padding %.2f grouped and %.2f plain", grouped, plain)
	}
}

func TestLargestIsALimit(t *testing.T) {
	f := open(t, config(t, writeCSV(t, 300)))
	largest, err := f.Largest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range epoch(t, f, sample.Cursor{}) {
		if b.Tokens() > largest.Tokens() || b.Longest() > largest.Longest() {
			t.Errorf("a batch of %d tokens, longest %d; the largest has %d and %d", b.Tokens(), b.Longest(), largest.Tokens(), largest.Longest())
		}
	}
}

// A part made by Limit needs no more than its own rows, wherever they are held.
func TestLargestOfALimit(t *testing.T) {
	text := "text,label\nmy card,a\nmy,b\n" + strings.Repeat("it,a\n", 20) + strings.Repeat("card ", 60) + ",b\n"
	for _, budget := range []int64{1 << 20, 0} {
		cfg := config(t, file(t, "a.csv", text))
		cfg.BatchSize, cfg.CacheBytes = 2, budget
		f := open(t, cfg)
		for n, want := range map[int]int{0: 62 + 4, 22: 4 + 3, 1: 4} {
			largest, err := f.Limit(n).Largest(t.Context())
			if err != nil || largest.Tokens() != want {
				t.Errorf("budget %d, limit %d: %d tokens (%v), want %d", budget, n, largest.Tokens(), err, want)
			}
		}
	}
}

func TestEmptyTextIsTrainedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("text,label\n,a\ncard,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	batches := epoch(t, open(t, config(t, path)), sample.Cursor{})
	if len(batches) != 1 || batches[0].Tokens() != 5 {
		t.Fatalf("got %+v, want [CLS] [SEP] and [CLS] card [SEP]", batches)
	}
}

// stage makes a cleaning stage of a function.
func stage(workers int, fn func(*record.Batch) (*record.Batch, error)) func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	return func(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
		return pipeline.Map(src, workers, func(_ context.Context, b *record.Batch) (*record.Batch, error) { return fn(b) })
	}
}

func TestCleaningAndArrowMemory(t *testing.T) {
	cfg := config(t, writeCSV(t, 3000))
	cfg.Memory = new(record.Allocator)
	cfg.Workers = 4
	cfg.Clean = stage(4, func(b *record.Batch) (*record.Batch, error) {
		defer b.Release()
		kept := slices.DeleteFunc(b.Examples(), func(ex sample.Example) bool { return ex.Row%3 == 0 })
		return record.Of(cfg.Memory, kept)
	})
	f := open(t, cfg)
	if f.Rows() != 2000 {
		t.Errorf("%d rows, want 2000", f.Rows())
	}
	if ex, err := f.Example(t.Context(), 2999); err != nil || ex.Row != 2999 {
		t.Errorf("row 2999: %+v, %v", ex, err)
	}
	if n := cfg.Memory.Bytes(); n != 0 {
		t.Errorf("%d bytes of Arrow memory are still in use", n)
	}
	cfg.Clean = stage(4, func(b *record.Batch) (*record.Batch, error) {
		b.Release()
		return nil, errors.New("boom")
	})
	if _, err := feed.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v, want the error of the hook", err)
	}
	if n := cfg.Memory.Bytes(); n != 0 {
		t.Errorf("%d bytes of Arrow memory are still in use after an error", n)
	}
}

func TestConfigFaultsAreNamed(t *testing.T) {
	cfg := feed.Config{BatchSize: 0, Window: -1, GroupByLength: true, Workers: -1, Prefetch: -1, Rank: 2, World: 2}
	_, err := feed.Open(t.Context(), cfg)
	if !errors.Is(err, feed.ErrConfig) {
		t.Fatal(err)
	}
	for _, want := range []string{"tokenizer", "batch size", "maximum length", "workers", "prefetch", "rank 2 of 2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	cfg = config(t, filepath.Join(t.TempDir(), "none.csv"))
	if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want a missing file", err)
	}
}

func TestLabelsOfOtherData(t *testing.T) {
	path := writeCSV(t, 10)
	cfg := config(t, path)
	cfg.Names = []string{"class0", "class1", "class2", "other"}
	_, err := feed.Open(t.Context(), cfg)
	var place *source.Error
	if !errors.Is(err, source.ErrUnknownLabel) || !errors.As(err, &place) || place.Row == 0 || place.Path != path {
		t.Fatalf("got %v, want an unknown label with its row", err)
	}
	if !strings.Contains(err.Error(), `did you mean "class0"`) {
		t.Errorf("%v names no near label", err)
	}
}

func TestBanking77(t *testing.T) {
	cfg := feed.DefaultConfig()
	cfg.Columns.Label = "category"
	tok, err := tokenize.Open(pipetest.Shared(t, "data", "tokenizers", "all-minilm-l6-v2"))
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	cfg.Tokenizer, cfg.BatchSize = tok, 32
	cfg.Files = []string{pipetest.Shared(t, "data", "banking77", "train.csv")}
	train := open(t, cfg)
	cfg.Files = []string{pipetest.Shared(t, "data", "banking77", "test.csv")}
	cfg.Names = train.Names()
	test := open(t, cfg)
	if train.Rows() != 10003 || test.Rows() != 3080 || len(train.Names()) != 77 {
		t.Errorf("%d and %d rows, %d classes", train.Rows(), test.Rows(), len(train.Names()))
	}
	first, err := train.Epoch(sample.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	b, err := first.Next(t.Context())
	if err != nil || b.Sequences() != 32 {
		t.Errorf("%+v, %v", b, err)
	}
}

func Example() {
	folder, err := os.MkdirTemp("", "feed")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "train.csv")
	if err := os.WriteFile(path, []byte("text,label\nmy card is lost,lost\nwhen does it come,delivery\nlost,lost\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	file, err := tokenize.DefaultWordPiece().File([]byte(strings.Join(words, "\n")))
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := tokenize.New(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tok.Close()

	cfg := feed.DefaultConfig()
	cfg.Files, cfg.Tokenizer, cfg.BatchSize = []string{path}, tok, 2
	ctx := context.Background()
	f, err := feed.Open(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	fmt.Println(f.Names(), f.Rows())
	batches, err := pipeline.Collect(ctx, f.Evaluate())
	for _, b := range batches {
		fmt.Println(b.Row, b.Labels.Int, b.Offsets, b.IDs)
	}
	fmt.Println(err)
	// Output:
	// [delivery lost] 3
	// [2 0] [1 1] [0 3 9] [2 6 3 2 7 5 8 6 3]
	// [1] [0] [0 6] [2 9 10 11 12 3]
	// <nil>
}
