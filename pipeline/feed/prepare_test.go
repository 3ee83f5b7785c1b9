package feed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// prepare writes the prepared file of a configuration and returns its path.
func prepare(t *testing.T, cfg feed.Config, text bool) string {
	t.Helper()
	cfg.Memory = new(record.Allocator)
	p, err := feed.Prepare(t.Context(), cfg, text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ready.arrow")
	f, err := sink.Create(path, sink.Options{Prepared: &p.About, Memory: cfg.Memory})
	if err != nil {
		t.Fatal(err)
	}
	batches, err := pipeline.Collect(t.Context(), p.Rows)
	for _, b := range batches {
		err = errors.Join(err, f.Write(t.Context(), b))
		b.Release()
	}
	if err := errors.Join(err, f.Commit(t.Context()), f.Close()); err != nil {
		t.Fatal(err)
	}
	if n := cfg.Memory.Bytes(); n != 0 {
		t.Errorf("%d bytes of Arrow memory are still in use", n)
	}
	return path
}

// dropThirds drops every third row and changes no other.
func dropThirds(t *testing.T) func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	memory := new(record.Allocator)
	return func(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
		return pipeline.Map(src, 2, func(_ context.Context, b *record.Batch) (*record.Batch, error) {
			defer b.Release()
			var kept []sample.Example
			for _, ex := range b.Examples() {
				if ex.Row%3 != 1 {
					kept = append(kept, ex)
				}
			}
			return record.Of(memory, kept)
		})
	}
}

// TestPreparedGivesTheSameBatches compares the batches of an epoch, of both sides
// of a split and of an evaluation with those of the data themselves.
func TestPreparedGivesTheSameBatches(t *testing.T) {
	classes := config(t, writeCSV(t, 1100))
	cleaned := classes
	cleaned.Clean, cleaned.CleanID = dropThirds(t), "thirds"
	pairs := config(t, file(t, "pairs.csv", "sentence1,sentence2,label\nmy card is lost,when does it come,a\nmy,it,b\nlost,is it my card when it comes,a\nit,my,b\n"))
	pairs.MaxLength, pairs.BatchSize = 8, 2
	tags := config(t, file(t, "a.conll", "my O\ncards B-x\nlost I-x\n\nwhen B-x\n\nit O\ncomes O\n"))
	tags.Kind, tags.BatchSize = sample.TagLabel, 2
	spans := config(t, file(t, "a.csv", "sentence1,sentence2,from,to\nis it,my card is lost when it comes,8,15\nmy pin,lost,-1,-1\n"))
	spans.Kind, spans.Columns.Start, spans.Columns.End = sample.SpanLabel, "from", "to"
	spans.Truncation, spans.Stride, spans.MaxLength, spans.Optional = tokenize.OnlySecond, 1, 9, true
	for name, cfg := range map[string]feed.Config{"classes": classes, "cleaned": cleaned, "pairs": pairs, "tags": tags, "spans": spans} {
		for _, text := range []bool{true, false} {
			ready := cfg
			ready.Files = []string{prepare(t, cfg, text)}
			if cfg.Kind == sample.ClassLabel {
				cfg.HeldOut, ready.HeldOut = 0.3, 0.3
			}
			want := passes(t, cfg)
			for _, workers := range []int{1, 7} {
				for _, budget := range []int64{1 << 20, 0} {
					ready.Workers, ready.CacheBytes = workers, budget
					if got := passes(t, ready); !reflect.DeepEqual(want, got) {
						t.Errorf("%s, texts %v, %d workers, budget %d: %.600s", name, text, workers, budget, cmp.Diff(want, got))
					}
				}
			}
		}
	}
}

// passes are the batches of an epoch of each part, and of its evaluation.
func passes(t *testing.T, cfg feed.Config) (all [][]*sample.Batch) {
	t.Helper()
	f := open(t, cfg)
	parts := []*feed.Feed{f}
	if cfg.HeldOut > 0 {
		train, held, err := f.Split()
		if err != nil {
			t.Fatal(err)
		}
		parts = []*feed.Feed{train, held}
	}
	for _, part := range parts {
		evaluated, err := pipeline.Collect(t.Context(), part.Evaluate())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, epoch(t, part, sample.Cursor{Epoch: 1}), evaluated)
	}
	return all
}

// TestPreparedForSomethingElse names what a file was not made for.
func TestPreparedForSomethingElse(t *testing.T) {
	cfg := config(t, writeCSV(t, 20))
	cfg.Files = []string{prepare(t, cfg, false)}
	for want, change := range map[string]func(*feed.Config){
		"max_seq_length 128; 64 is asked for":    func(c *feed.Config) { c.MaxLength = 64 },
		"another cleaning":                       func(c *feed.Config) { c.Clean, c.CleanID = dropThirds(t), "thirds" },
		`label_column "label"; "class" is asked`: func(c *feed.Config) { c.Columns.Label = "class" },
		"without its texts":                      func(c *feed.Config) { c.Augment = mark },
	} {
		other := cfg
		change(&other)
		f, err := feed.Open(t.Context(), other)
		if err == nil {
			_ = f.Close()
		}
		if !errors.Is(err, feed.ErrPrepared) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestPreparedDamaged flips bytes all over a file, one at a time: what is read is what
// was written, or an error.
func TestPreparedDamaged(t *testing.T) {
	cfg := config(t, writeCSV(t, 12))
	cfg.Files = []string{prepare(t, cfg, true)}
	want := passes(t, cfg)
	data, err := os.ReadFile(cfg.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "damaged.arrow")
	cfg.Files = []string{path}
	for at := 0; at < len(data); at += 67 {
		data[at] ^= 0x10
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		data[at] ^= 0x10
		f, err := feed.Open(t.Context(), cfg)
		if err == nil {
			var src pipeline.Source[*sample.Batch]
			var got []*sample.Batch
			if src, err = f.Epoch(sample.Cursor{Epoch: 1}); err == nil {
				got, err = pipeline.Collect(t.Context(), src)
			}
			if err == nil && !reflect.DeepEqual(want[0], got) {
				t.Errorf("byte %d: other batches, and no error", at)
			}
			_ = f.Close()
		}
		if err != nil && !errors.Is(err, source.ErrFormat) && !errors.Is(err, source.ErrVersion) && !errors.Is(err, feed.ErrPrepared) && !known(err) {
			t.Errorf("byte %d: an error of no kind: %v", at, err)
		}
	}
}

// known reports whether an error is one of those about data.
func known(err error) bool {
	for _, is := range []error{source.ErrEmpty, source.ErrType, source.ErrMissing, source.ErrUTF8, source.ErrTooLarge, source.ErrNoColumn, source.ErrUnknownLabel, feed.ErrChanged, record.ErrSchema} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}
