package sink_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// kinds of rows that parts must give back as they are.
func partRows() map[string][]sample.Example {
	tags := make([]sample.Example, 40)
	for i := range tags {
		tags[i] = sample.Example{Row: uint64(i), Copy: uint16(i % 3), Text: "two words", Words: []sample.Range{{End: 3}, {Start: 4, End: 9}},
			Label: sample.Label{Kind: sample.TagLabel, Int: []int64{int64(i), 0}}, Audit: fmt.Sprint("swap ", i)}
	}
	pairs := rows(40, func(int) sample.Label { return sample.Label{} })
	for i := range pairs {
		if i%2 == 0 {
			pairs[i].Pair, pairs[i].HasPair = "second", true
		}
	}
	return map[string][]sample.Example{"classes": rows(40, class), "pairs without labels": pairs, "tags": tags}
}

// keep writes batches of 4 rows, from one on, and stops after another.
func keep(t *testing.T, p *sink.Parts, examples []sample.Example, from, to int) {
	t.Helper()
	memory := new(record.Allocator)
	for k := from; k < to; k++ {
		b, err := record.Of(memory, examples[4*k:4*k+4])
		if err != nil {
			t.Fatal(err)
		}
		err = p.Write(t.Context(), b)
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// Whole parts come back batch by batch, whatever was left beside them; an
// unfinished one does not.
func TestPartsGoOn(t *testing.T) {
	for name, examples := range partRows() {
		for stop := range 11 {
			memory := new(record.Allocator)
			dir := filepath.Join(t.TempDir(), "[parts]*")
			opts := sink.PartsOptions{Identity: "one", Batches: 3, Memory: memory}
			p, err := sink.OpenParts(dir, opts)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, p, examples, 0, min(stop, 10))
			if stop%2 == 0 { // else as if killed: nothing is closed
				if err := errors.Join(p.Close(), p.Close()); err != nil {
					t.Fatal(err)
				}
				if whole := min(stop, 10) / 3; whole == 0 && len(entries(t, dir)) != 0 {
					t.Errorf("%s, stopped after %d: %v is left", name, stop, entries(t, dir))
				}
			}
			memory = new(record.Allocator)
			opts.Resume, opts.Memory = true, memory
			if p, err = sink.OpenParts(dir, opts); err != nil {
				t.Fatal(err)
			}
			if want := min(stop, 10) / 3 * 3; p.Batches() != want || p.Len() != int64(4*want) {
				t.Fatalf("%s, stopped after %d: %d batches of %d rows; %d are whole", name, stop, p.Batches(), p.Len(), want)
			}
			back, err := pipeline.Collect(t.Context(), p.Rows())
			if err != nil {
				t.Fatal(err)
			}
			for k, b := range back {
				if diff := cmp.Diff(examples[4*k:4*k+4], b.Examples()); diff != "" {
					t.Fatalf("%s, stopped after %d, batch %d: %s", name, stop, k, diff)
				}
				b.Release()
			}
			keep(t, p, examples, p.Batches(), 10)
			if err := p.Remove(); err != nil || len(entries(t, filepath.Dir(dir))) != 0 {
				t.Errorf("%s, stopped after %d: %v, %v is left", name, stop, err, entries(t, filepath.Dir(dir)))
			}
			if n := memory.Bytes(); n != 0 {
				t.Errorf("%s, stopped after %d: %d bytes are still counted", name, stop, n)
			}
		}
	}
}

// Parts that cannot be gone on from are named, and a new beginning removes them.
func TestPartsRefused(t *testing.T) {
	examples := rows(40, class)
	for name, damage := range map[string]func(dir string) error{
		"identity": func(dir string) error { return nil },
		"part":     func(dir string) error { return flip(filepath.Join(dir, "part-000002.arrows")) },
		"missing":  func(dir string) error { return os.Remove(filepath.Join(dir, "part-000001.arrows")) },
		"journal":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "journal.json"), []byte("{"), 0o600) },
	} {
		dir := filepath.Join(t.TempDir(), "parts")
		p, err := sink.OpenParts(dir, sink.PartsOptions{Identity: "one", Batches: 3})
		if err != nil {
			t.Fatal(err)
		}
		keep(t, p, examples, 0, 8)
		if err := errors.Join(p.Close(), damage(dir)); err != nil {
			t.Fatal(err)
		}
		identity := "one"
		if name == "identity" {
			identity = "two"
		}
		if _, err := sink.OpenParts(dir, sink.PartsOptions{Identity: identity, Resume: true}); !errors.Is(err, sink.ErrParts) {
			t.Errorf("%s: got %v", name, err)
		}
		p, err = sink.OpenParts(dir, sink.PartsOptions{Identity: identity})
		if err != nil || p.Batches() != 0 || len(entries(t, dir)) != 0 {
			t.Errorf("%s: anew: %v, %v is left", name, err, entries(t, dir))
		}
	}
}

// Files of others are not removed.
func TestPartsOfOthers(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sink.OpenParts(dir, sink.PartsOptions{}); err == nil {
		t.Error("a folder with another file is taken")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func flip(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[len(data)/2] ^= 1
	return os.WriteFile(path, data, 0o600)
}
