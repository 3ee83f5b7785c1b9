package feed_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// evaluate returns the batches of a feed in the order of the data, for rows
// held in memory and for rows read again, which must be the same.
func evaluate(t *testing.T, cfg feed.Config) []*sample.Batch {
	t.Helper()
	var want []*sample.Batch
	for _, budget := range []int64{1 << 20, 0} {
		cfg.CacheBytes = budget
		f := open(t, cfg)
		for range 2 { // the second time from kept tokens
			got, err := pipeline.Collect(t.Context(), f.Evaluate())
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("budget %d: %s", budget, diff)
			}
		}
		if largest, err := f.Largest(t.Context()); err != nil || largest.Check() != nil || largest.Tokens() == 0 {
			t.Errorf("largest: %+v, %v", largest, err)
		}
	}
	return want
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, []byte(content))
	return path
}

func TestTagsReachTokens(t *testing.T) {
	cfg := config(t, file(t, "a.conll", "my O\ncards B-x\nlost I-x\n\nwhen B-x\n"))
	cfg.Kind, cfg.GroupByLength, cfg.Shuffle = sample.TagLabel, false, false
	b := evaluate(t, cfg)
	const none = sample.Ignore
	// [CLS] my card ##s lost [SEP] [CLS] when [SEP]; the classes are B-x I-x O.
	want := sample.Labels{Int: []int64{none, 2, 0, none, 1, none, none, 0, none}, Shape: []int64{9}}
	if len(b) != 1 || !cmp.Equal([]int32{0, 6, 9}, b[0].Offsets) {
		t.Fatalf("got %+v", b)
	}
	if diff := cmp.Diff(want, b[0].Labels); diff != "" {
		t.Error(diff)
	}
	// Words that truncation cuts off lose their tags.
	cfg.MaxLength = 4
	want = sample.Labels{Int: []int64{none, 2, 0, none, none, 0, none}, Shape: []int64{7}}
	if diff := cmp.Diff(want, evaluate(t, cfg)[0].Labels); diff != "" {
		t.Error(diff)
	}
}

func TestSpansReachTokens(t *testing.T) {
	cfg := config(t, file(t, "a.csv", "sentence1,sentence2,from,to\n"+
		"is it,my card is lost when it comes,8,15\n"+ // "is lost"
		"my pin,lost,-1,-1\n"))
	cfg.Kind, cfg.GroupByLength, cfg.Shuffle = sample.SpanLabel, false, false
	cfg.Columns.Start, cfg.Columns.End = "from", "to"
	cfg.Truncation, cfg.Stride, cfg.MaxLength, cfg.Optional = tokenize.OnlySecond, 1, 9, true
	cfg.BatchSize = 3
	batches := evaluate(t, cfg)
	// Row 0 has [CLS] is it [SEP] and four tokens of its second text at a time:
	// my card is lost | lost when it come | come ##s. Row 1 is one window.
	var rows []uint64
	var labels [][]int64
	for i, b := range batches {
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		if b.More != (i == 0) || b.Sequences() > 3 {
			t.Errorf("piece %d has %d sequences, more: %v", i, b.Sequences(), b.More)
		}
		rows = append(rows, b.Row...)
		for k := range b.Sequences() {
			labels = append(labels, b.Labels.Int[2*k:2*k+2])
		}
	}
	if diff := cmp.Diff([]uint64{0, 0, 0, 1}, rows); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([][]int64{{6, 7}, {0, 0}, {0, 0}, {0, 0}}, labels); diff != "" {
		t.Error(diff)
	}
	if last := batches[len(batches)-1].Cursor; last != (sample.Cursor{Batch: 1, Examples: 2}) {
		t.Errorf("the last cursor is %+v", last)
	}
}

func TestPairsAreCutByTheRule(t *testing.T) {
	path := file(t, "a.csv", "sentence1,sentence2,label\nmy card is lost,when does it come,a\nmy,it,b\n")
	for rule, want := range map[tokenize.Truncation]string{
		tokenize.LongestFirst: "[2 7 5 3 9 10 3]", tokenize.OnlySecond: "error 4 tokens",
		tokenize.OnlyFirst: "error 4 tokens",
	} {
		cfg := config(t, path)
		cfg.GroupByLength, cfg.Shuffle, cfg.Truncation, cfg.MaxLength = false, false, rule, 7
		f := open(t, cfg)
		batches, err := pipeline.Collect(t.Context(), f.Evaluate())
		if text, isError := strings.CutPrefix(want, "error "); isError {
			if !errors.Is(err, tokenize.ErrEncode) || !strings.Contains(err.Error(), "row 0: ") || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v", rule, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(batches[0].IDs[:batches[0].Offsets[1]]); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}

// Every tag of a real corpus arrives once, unless its word is cut off.
func TestTagsOfWNUT17(t *testing.T) {
	tok, err := tokenize.Open(pipetest.Shared(t, "data", "tokenizers", "all-minilm-l6-v2"))
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	cfg := feed.DefaultConfig()
	cfg.Files, cfg.Tokenizer, cfg.Kind, cfg.MaxLength = []string{pipetest.Shared(t, "data", "wnut17", "wnut17train.conll")}, tok, sample.TagLabel, 512
	f := open(t, cfg)
	tags, outside := 0, -1
	for i, name := range f.Names() {
		if name == "O" {
			outside = i
		}
	}
	entities := 0
	for _, b := range epoch(t, f, sample.Cursor{}) {
		for _, tag := range b.Labels.Int {
			if tag != sample.Ignore {
				tags++
				if tag != int64(outside) {
					entities++
				}
			}
		}
	}
	// A few of its tokens are characters that the tokenizer drops.
	if f.Rows() != 3394 || len(f.Names()) != 13 || tags < 62_600 || tags > 62_730 || entities < 3000 {
		t.Errorf("%d rows, %d classes, %d tags, %d of entities", f.Rows(), len(f.Names()), tags, entities)
	}
}
