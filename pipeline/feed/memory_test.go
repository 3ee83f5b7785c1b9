package feed_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// held returns the rows of a file as a caller holds them.
func held(t *testing.T, path string) (rows []sample.Example, names []string) {
	t.Helper()
	set, err := source.Open(t.Context(), []string{path}, source.Options{Kind: sample.ClassLabel})
	if err != nil {
		t.Fatal(err)
	}
	batches, err := pipeline.Collect(t.Context(), set.Rows())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		for _, ex := range b.Examples() {
			ex.Row, ex.Copy = 99, 3 // the Feed numbers rows itself
			ex.Label.Int = slices.Clone(ex.Label.Int)
			rows = append(rows, ex)
		}
	}
	return rows, set.Names()
}

// Rows in memory give the batches that a file with the same rows gives, split and
// limited or not, and whether they fit the budget or not.
func TestRowsInMemory(t *testing.T) {
	path := writeCSV(t, 1500)
	cfg := config(t, path)
	cfg.HeldOut = 0.3
	rows, names := held(t, path)
	inMemory := cfg
	inMemory.Files, inMemory.Rows, inMemory.Names = nil, rows, names
	inMemory.IndexDir = t.TempDir()
	for _, budget := range []int64{1 << 20, 4000} {
		cfg.CacheBytes, inMemory.CacheBytes = budget, budget
		trainA, heldA, err := open(t, cfg).Split()
		if err != nil {
			t.Fatal(err)
		}
		f := open(t, inMemory)
		trainB, heldB, err := f.Split()
		if err != nil {
			t.Fatal(err)
		}
		if f.Rows() != 1500 || trainB.Rows()+heldB.Rows() != 1500 {
			t.Fatalf("%d rows, %d and %d of them", f.Rows(), trainB.Rows(), heldB.Rows())
		}
		want, err := pipeline.Collect(t.Context(), heldA.Evaluate())
		if err != nil {
			t.Fatal(err)
		}
		got, err := pipeline.Collect(t.Context(), heldB.Evaluate())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("budget %d, held out: %s", budget, diff)
		}
		if diff := cmp.Diff(epoch(t, trainA.Limit(700), sample.Cursor{}), epoch(t, trainB.Limit(700), sample.Cursor{})); diff != "" {
			t.Errorf("budget %d, training: %s", budget, diff)
		}
	}
}

func TestRowsInMemoryAreRefused(t *testing.T) {
	good := sample.Example{Text: "my card", Label: sample.Class(1)}
	for name, c := range map[string]struct {
		change func(*feed.Config)
		want   error
	}{
		"files too":  {func(c *feed.Config) { c.Files = []string{"x.csv"} }, feed.ErrConfig},
		"no names":   {func(c *feed.Config) { c.Names = nil }, feed.ErrConfig},
		"spans":      {func(c *feed.Config) { c.Kind = sample.SpanLabel }, feed.ErrConfig},
		"no rows":    {func(c *feed.Config) { c.Rows = []sample.Example{} }, source.ErrEmpty},
		"UTF-8":      {func(c *feed.Config) { c.Rows[1].Text = "\xff" }, source.ErrUTF8},
		"no label":   {func(c *feed.Config) { c.Rows[1].Label = sample.Label{} }, source.ErrMissing},
		"two labels": {func(c *feed.Config) { c.Rows[1].Label.Int = []int64{0, 1} }, source.ErrMissing},
		"class":      {func(c *feed.Config) { c.Rows[1].Label = sample.Class(2) }, source.ErrUnknownLabel},
		"negative":   {func(c *feed.Config) { c.Rows[1].Label = sample.Class(sample.Ignore) }, source.ErrUnknownLabel},
	} {
		cfg := config(t, "")
		cfg.Files, cfg.Rows, cfg.Names = nil, []sample.Example{good, good}, []string{"no", "yes"}
		if _, err := feed.Open(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		c.change(&cfg)
		if _, err := feed.Open(t.Context(), cfg); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; %v is expected", name, err, c.want)
		}
	}
	cfg := config(t, "")
	cfg.Files, cfg.Rows, cfg.Names = nil, []sample.Example{good}, []string{"no", "yes"}
	if _, err := feed.Prepare(t.Context(), cfg, true); !errors.Is(err, feed.ErrConfig) {
		t.Errorf("Prepare: %v", err)
	}
}

// Rows in memory may lack labels, a whole part of them too, but every class needs
// one.
func TestRowsInMemoryWithoutLabels(t *testing.T) {
	cfg := config(t, "")
	cfg.Files, cfg.Names, cfg.Kind = nil, []string{"a", "b"}, sample.ClassLabel
	cfg.Optional, cfg.Taught = true, true
	cfg.Rows = []sample.Example{{Text: "one", Label: sample.Class(0)}, {Text: "two", Label: sample.Class(1)}}
	for range 1500 { // more than a part
		cfg.Rows = append(cfg.Rows, sample.Example{Text: "bare"})
	}
	if f := open(t, cfg); f.Rows() != 1502 || f.Labelled().Rows() != 2 {
		t.Errorf("%d rows, %d labelled", f.Rows(), f.Labelled().Rows())
	}
	cfg.Rows = cfg.Rows[:1:1]
	cfg.Rows = append(cfg.Rows, sample.Example{Text: "bare"})
	_, err := feed.Open(t.Context(), cfg)
	if !errors.Is(err, source.ErrFewClasses) {
		t.Fatalf("a class that no row shows: %v", err)
	}
}
