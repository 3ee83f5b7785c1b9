package feed_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func TestIndexSparesTheOpeningPass(t *testing.T) {
	path := writeCSV(t, 3000)
	cfg := config(t, path)
	cfg.CacheBytes, cfg.IndexDir, cfg.HeldOut, cfg.ShuffleRows = 0, filepath.Join(t.TempDir(), "cache"), 0.2, 500
	cleaned := 0
	cfg.Clean = stage(1, func(b *record.Batch) (*record.Batch, error) { cleaned += b.Len(); return b, nil })
	cfg.Edit = func(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] { return src }
	// batches opens the data and tells whether all rows were read for it.
	batches := func(cfg feed.Config) (out []*sample.Batch, read bool) {
		t.Helper()
		cleaned = 0
		train, held, err := open(t, cfg).Split()
		if err != nil {
			t.Fatal(err)
		}
		read = cleaned > 0
		for _, f := range []*feed.Feed{train, held} {
			out = append(out, epoch(t, f, sample.Cursor{Epoch: 1})...)
		}
		largest, err := train.Largest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return append(out, largest), read
	}
	want, read := batches(cfg)
	if !read {
		t.Fatal("the first Open read nothing")
	}
	index := filepath.Join(cfg.IndexDir, only(t, cfg.IndexDir))
	whole, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*feed.Config)
		read   bool
	}{
		{"nothing changed", func(*feed.Config) {}, false},
		{"other workers", func(c *feed.Config) { c.Workers = 7 }, false},
		{"a larger budget", func(c *feed.Config) { c.CacheBytes = 1 << 20 }, true},
		{"damaged", func(*feed.Config) { write(t, index, whole[:len(whole)-1]) }, true},
		{"made again", func(*feed.Config) {}, false},
		{"a bit flipped", func(*feed.Config) {
			flipped := append([]byte{}, whole...)
			flipped[len(whole)-40] ^= 1
			write(t, index, flipped)
		}, true},
		{"empty", func(*feed.Config) { write(t, index, nil) }, true},
		{"a file of another time", func(*feed.Config) {
			if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"made once more", func(*feed.Config) {}, false},
	} {
		changed := cfg
		c.change(&changed)
		got, read := batches(changed)
		if read != c.read {
			t.Errorf("%s: all rows were read: %v", c.name, read)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	cfg.CleanID = "other"
	if _, read := batches(cfg); !read {
		t.Error("other cleaning was taken for the same")
	}
}

// only returns the name of the one file of a folder.
func only(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v; one file is expected", entries, err)
	}
	return entries[0].Name()
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
