package source_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// Rows that cannot be used are left out and told of; the others keep their ids.
func TestReadable(t *testing.T) {
	first := file(t, "a.jsonl", `{"text": "one", "label": "x"}`+"\n"+`{"text": null, "label": "x"}`+"\n"+`{"text": 3, "label": "y"}`+"\n"+`{"text": "four", "label": "y"}`)
	second := file(t, "b.jsonl", `{"text": "five", "label": "z"}`+"\n"+`{"text": "six", "label": "y"}`)
	opts := source.Options{Kind: sample.ClassLabel, Names: []string{"x", "y"}, Memory: new(record.Allocator)}
	set, err := source.Open(t.Context(), []string{first, second}, opts)
	if err != nil {
		t.Fatal(err)
	}
	var faults []*source.Error
	got, err := drain(t, set.Readable(func(e *source.Error) { faults = append(faults, e) }))
	if diff := cmp.Diff([]sample.Example{example(0, "one", 0), example(3, "four", 1), example(5, "six", 1)}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for i, want := range []struct {
		row  int64
		path string
		err  error
	}{{2, first, source.ErrMissing}, {3, first, source.ErrType}, {1, second, source.ErrUnknownLabel}} {
		if i >= len(faults) || faults[i].Row != want.row || faults[i].Path != want.path || !errors.Is(faults[i], want.err) {
			t.Fatalf("faults %v; number %d should be %v in row %d of %s", faults, i, want.err, want.row, want.path)
		}
	}
	if n := opts.Memory.Bytes(); n != 0 || len(faults) != 3 {
		t.Errorf("%d faults, %d bytes in use", len(faults), n)
	}

	// No row that can be used is no error here; a damaged file is.
	for content, want := range map[string]string{"{\"text\": 1}\n{\"text\": 2}": "", "{\"text\": 1}\n{\"text\"": "row 2"} {
		set, err := source.Open(t.Context(), []string{file(t, "c.jsonl", content)}, source.Options{Memory: opts.Memory})
		if err == nil {
			_, err = drain(t, set.Readable(func(*source.Error) {}))
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", content, err, want)
		}
	}
}
