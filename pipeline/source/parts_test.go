package source_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// generated returns n rows whose texts are of uneven length.
func generated(n int) []sample.Example {
	out := make([]sample.Example, n)
	for i := range out {
		out[i] = example(uint64(i), fmt.Sprintf("row %d %s", i, strings.Repeat("wörd, \"q\" ", i%13)), int64(i%3))
	}
	return out
}

var classes = []string{"a", "b", "c"}

// save writes rows to a new file.
func save(t testing.TB, name string, rows []sample.Example, opts sink.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := sink.Create(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(rows, 500) {
		b, err := record.Of(new(record.Allocator), part)
		if err == nil {
			err = f.Write(t.Context(), b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Commit(t.Context()), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkParts reads a set by its parts, last one first, and compares.
func checkParts(t *testing.T, set *source.Set, want []sample.Example) []source.Part {
	t.Helper()
	parts, err := set.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make([]sample.Example, len(want))
	seen := 0
	for _, p := range slices.Backward(parts) {
		rows, err := drain(t, set.Read(t.Context(), p))
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != p.Rows || rows[0].Row != p.Row {
			t.Fatalf("part %+v: %d rows from %d", p, len(rows), rows[0].Row)
		}
		seen += copy(got[p.Row:], rows)
	}
	if diff := cmp.Diff(want, got); diff != "" || seen != len(want) {
		t.Errorf("%d rows: %s", seen, diff)
	}
	return parts
}

func TestPartsGiveTheRowsOfAPass(t *testing.T) {
	want := generated(3000)
	for _, ext := range sink.Formats() {
		t.Run(ext, func(t *testing.T) {
			first := save(t, "a"+ext, want[:2100], sink.Options{Names: classes, GroupRows: 700})
			second := save(t, "b"+ext, want[2100:], sink.Options{Names: classes, GroupRows: 700})
			set, err := source.Open(t.Context(), []string{first, second}, source.Options{Kind: sample.ClassLabel})
			if err != nil {
				t.Fatal(err)
			}
			if parts := checkParts(t, set, want); len(parts) < 4 {
				t.Errorf("only %d parts", len(parts))
			}
			all, err := drain(t, set.Rows())
			if diff := cmp.Diff(want, all); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

func TestCompressedFilesAreOnePart(t *testing.T) {
	want := generated(2000)
	for _, ext := range []string{".jsonl", ".csv"} {
		plain, err := os.ReadFile(save(t, "a"+ext, want, sink.Options{Names: classes}))
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err = w.Write(plain)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		path := file(t, "a"+ext+".gz", packed.String())
		set, err := source.Open(t.Context(), []string{path}, source.Options{Kind: sample.ClassLabel, Names: classes})
		if err != nil {
			t.Fatal(err)
		}
		if parts := checkParts(t, set, want); len(parts) != 1 || !parts[0].Whole {
			t.Errorf("parts %+v, want a whole one", parts)
		}
		if err := os.Truncate(path, int64(packed.Len()-5000)); err != nil {
			t.Fatal(err)
		}
		if _, err := drain(t, set.Rows()); !errors.Is(err, source.ErrFormat) {
			t.Errorf("a compressed %s file that is cut off: %v, want ErrFormat", ext, err)
		}
	}
}

func TestAFileThatShrinksIsReported(t *testing.T) {
	rows := generated(2000)
	for _, ext := range []string{".jsonl", ".csv"} {
		path := save(t, "a"+ext, rows, sink.Options{Names: classes})
		set, err := source.Open(t.Context(), []string{path}, source.Options{Kind: sample.ClassLabel})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := set.Parts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, parts[1].Offset+10); err != nil {
			t.Fatal(err)
		}
		if _, err := drain(t, set.Read(t.Context(), parts[1])); !errors.Is(err, source.ErrFormat) || !strings.Contains(err.Error(), "row 1025") {
			t.Errorf("%s: cut file: %v", ext, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		for _, src := range []func() error{
			func() error { _, err := drain(t, set.Rows()); return err },
			func() error { _, err := drain(t, set.Read(t.Context(), parts[0])); return err },
			func() error { _, err := set.Parts(t.Context()); return err },
		} {
			if err := src(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: vanished file: %v", ext, err)
			}
		}
	}
}
