package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// file writes a file into a new folder.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// drain returns all rows of a source.
func drain(t testing.TB, src pipeline.Source[*record.Batch]) ([]sample.Example, error) {
	t.Helper()
	batches, err := pipeline.Collect(t.Context(), src)
	var out []sample.Example
	for _, b := range batches {
		for _, ex := range b.Examples() {
			ex.Text, ex.Pair = strings.Clone(ex.Text), strings.Clone(ex.Pair)
			ex.Label.Int, ex.Label.Float = append([]int64(nil), ex.Label.Int...), append([]float32(nil), ex.Label.Float...)
			out = append(out, ex)
		}
		b.Release()
	}
	return out, err
}

// read opens and reads files; memory must be given back.
func read(t testing.TB, opts source.Options, paths ...string) ([]sample.Example, error) {
	t.Helper()
	opts.Memory = new(record.Allocator)
	set, err := source.Open(t.Context(), paths, opts)
	if err != nil {
		return nil, err
	}
	out, err := drain(t, set.Rows())
	if n := opts.Memory.Bytes(); n != 0 {
		t.Errorf("%v: %d bytes are still counted after Close", paths, n)
	}
	return out, err
}

func example(row uint64, text string, class int64) sample.Example {
	return sample.Example{Row: row, Text: text, Label: sample.Class(class)}
}

func TestJSONLines(t *testing.T) {
	path := file(t, "a.jsonl", "\ufeff{\"text\": \"a\\u00e4\\ud83d\\ude00\\n\\\"\", \"label\": 1, \"x\": {\"y\": [1, {\"z\": null}]}}\r\n\n"+
		"  {\"label\":0,\"text\":\"b\",\"x\":{\"y\":2e3}}")
	got, err := read(t, source.Options{Kind: sample.ClassLabel}, path)
	if diff := cmp.Diff([]sample.Example{example(0, "aä😀\n\"", 1), example(1, "b", 0)}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestJSONPaths(t *testing.T) {
	path := file(t, "a.jsonl", `{"a": {"b": {"text": "deep"}, "c": "x"}, "a.d": "literal", "meta": {"label": "no"}}`+"\n"+
		`{"a": {"b": {"text": "deeper"}, "c": "y"}, "a.d": "dotted", "meta": {"label": "yes"}}`)
	got, err := read(t, source.Options{Kind: sample.ClassLabel, Columns: source.Columns{Text: "a.b.text", Pair: "a.d", Label: "meta.label"}}, path)
	want := []sample.Example{
		{Row: 0, Text: "deep", Pair: "literal", HasPair: true, Label: sample.Class(0)},
		{Row: 1, Text: "deeper", Pair: "dotted", HasPair: true, Label: sample.Class(1)},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestJSONFaultsAreNamed(t *testing.T) {
	good := `{"text": "t", "label": "l"}` + "\n"
	for line, want := range map[string]string{
		`{"text": "t", "label": "l"`:                      `the line ends; a comma or } is expected after a field`,
		`{"text": "t" "label": "l"}`:                      `'"'; a comma or } is expected`,
		`{"text": "t", "label": "l"} {}`:                  `'{' after the object`,
		`{"text": 3, "label": "l"}`:                       `column "text": the integer 3; text is expected`,
		`{"text": null, "label": "l"}`:                    "no text",
		`{"label": "l"}`:                                  `column "text": no text`,
		`{"text": "t", "label": {"a": 1}}`:                `column "label": an object; a class`,
		`{"text": "t", "label": [1, 2]}`:                  `column "label": a list of 2 values`,
		`{"text": "a` + "\x01" + `", "label": "l"}`:       "the control character '\\x01'",
		`{"text": "a` + "\xff" + `", "label": "l"}`:       "the byte at 1 begins no character",
		`{"text": "\ud800x", "label": "l"}`:               "half a surrogate pair",
		`{"text": "\q", "label": "l"}`:                    `the escape \q does not exist`,
		`{"text": "\u12", "label": "l"}`:                  "four hexadecimal digits",
		`{"text": "t", "label": 1e999}`:                   "beyond float64",
		`{"text": "t", "label": 01}`:                      "'1'; a comma",
		`{"text": "t", "text": "u", "label": "l"}`:        `field "text" comes twice`,
		`{"text": "t`:                                     "never closed",
		`["t", "l"]`:                                      "'['; an object",
		`{"text": "t", "x": ` + strings.Repeat("[", 9999): "nested more than 64 deep",
		`{"x": ` + strings.Repeat(`{"x":`, 9999):          "nested more than 64 deep",
		`{"text": "t", "label": tru}`:                     "a value is expected",
	} {
		_, err := read(t, source.Options{Kind: sample.ClassLabel}, file(t, "a.jsonl", good+good+line))
		var place *source.Error
		if !errors.As(err, &place) || !strings.Contains(err.Error(), want) || place.Line != 3 || !strings.HasSuffix(place.Path, "a.jsonl") {
			t.Errorf("%.60s: got %v (%+v), want %q in line 3", line, err, place, want)
		}
	}
}
