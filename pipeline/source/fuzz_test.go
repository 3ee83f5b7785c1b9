package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// seed makes a file of the project's own in a format.
func seed(f testing.TB, ext string, kind sample.LabelKind) []byte {
	f.Helper()
	var rows []sample.Example
	for i := range 5 {
		ex := sample.Example{Row: uint64(i), Text: strings.Repeat("añ\"b ", i), Label: sample.Class(int64(i % 2))}
		switch kind {
		case sample.TagLabel:
			ex.Text, ex.Words = "ab c", []sample.Range{{Start: 0, End: 2}, {Start: 3, End: 4}}
			ex.Label = sample.Label{Kind: kind, Int: []int64{0, 1}}
		case sample.ValueLabel:
			ex.Label = sample.Label{Kind: kind, Float: []float32{float32(i) / 2}}
		}
		rows = append(rows, ex)
	}
	rows[3].Label = sample.Label{}
	path := filepath.Join(f.TempDir(), "seed"+ext)
	out, err := sink.Create(path, sink.Options{Names: []string{"no", "yes"}, GroupRows: 2})
	if err != nil {
		f.Fatal(err)
	}
	b, err := record.Of(new(record.Allocator), rows)
	if err != nil {
		f.Fatal(err)
	}
	defer b.Release()
	if err := errors.Join(out.Write(f.Context(), b), out.Commit(f.Context()), out.Close()); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// readBytes reads all columns of a file's content by place, and its parts.
// Whatever comes out, memory must be given back, and errors must be ours.
func readBytes(t testing.TB, ext string, data []byte, opts Options) (columns [][]cell, err error) {
	t.Helper()
	memory := new(record.Allocator)
	opts.Memory = memory
	in := &input{path: "x" + ext, at: bytes.NewReader(data), size: int64(len(data))}
	defer func() {
		if n := memory.Bytes(); n != 0 {
			t.Errorf("%d bytes are still counted", n)
		}
		if err != nil && !ours(err) {
			t.Errorf("an error without a sentinel: %v", err)
		}
	}()
	tab, err := formats[ext].open(in, opts)
	if err != nil {
		return nil, err
	}
	defer tab.close()
	names := tab.columns()
	if err := tab.choose(names); err != nil {
		return nil, err
	}
	columns = make([][]cell, len(names))
	rows := 0
	for {
		c, err := tab.read(context.Background(), 3)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return columns, err
		}
		for i := range columns {
			if len(c.cells[i]) != c.rows {
				t.Fatalf("column %d has %d of %d rows", i, len(c.cells[i]), c.rows)
			}
			for _, value := range c.cells[i] {
				value.s = strings.Clone(value.s) // it ends with the chunk
				columns[i] = append(columns[i], value)
				_ = value.describe()
				_, _ = value.asText("x")
			}
		}
		if rows += c.rows; rows > 1<<16 {
			return columns, errors.Join(ErrTooLarge, errors.New("enough"))
		}
	}
	parts, err := func() ([]Part, error) {
		again, err := formats[ext].open(in, opts)
		if err != nil {
			return nil, err
		}
		defer again.close()
		return again.parts(context.Background())
	}()
	counted := 0
	for _, p := range parts {
		counted += p.Rows
	}
	if err == nil && counted != rows && len(columns) > 0 {
		t.Errorf("the parts have %d rows, a pass %d", counted, rows)
	}
	return columns, nil
}

func ours(err error) bool {
	for _, known := range []error{ErrEmpty, ErrFormat, ErrNoColumn, ErrType, ErrMissing, ErrUTF8, ErrTooLarge} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func FuzzParquet(f *testing.F) {
	for _, kind := range []sample.LabelKind{sample.ClassLabel, sample.TagLabel, sample.ValueLabel} {
		f.Add(seed(f, ".parquet", kind))
	}
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = readBytes(t, ".parquet", data, Options{}) })
}

func FuzzArrow(f *testing.F) {
	for _, kind := range []sample.LabelKind{sample.ClassLabel, sample.TagLabel, sample.ValueLabel} {
		file := seed(f, ".arrow", kind)
		f.Add(file)
		f.Add(file[8:]) // a stream, with a footer after it
	}
	f.Fuzz(func(t *testing.T, data []byte) { _, _ = readBytes(t, ".arrow", data, Options{}) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,\"x\ny\"\"z\"\r\n", "\ufeffa\n\"\"\n\n", "a,b\r\n1,2\r", "a\n\"", "\"a\"\"b\",c\n,\n"} {
		f.Add([]byte(s))
	}
	f.Add(seed(f, ".csv", sample.ClassLabel))
	f.Fuzz(func(t *testing.T, data []byte) {
		columns, err := readBytes(t, ".csv", data, Options{})
		if err != nil || len(columns) == 0 || len(columns[0]) == 0 {
			return
		}
		// What is read, written with every field quoted, reads the same.
		var b strings.Builder
		for r := -1; r < len(columns[0]); r++ {
			for c := range columns {
				if c > 0 {
					b.WriteByte(',')
				}
				s := fmt.Sprint("column ", c)
				if r >= 0 {
					s = columns[c][r].s
				}
				b.WriteString(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
			}
			b.WriteByte('\n')
		}
		again, err := readBytes(t, ".csv", []byte(b.String()), Options{})
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for c := range columns {
			for r := range columns[c] {
				if columns[c][r] != again[c][r] {
					t.Fatalf("row %d column %d: %q, then %q", r, c, columns[c][r].s, again[c][r].s)
				}
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	for _, s := range []string{`{"a": "x\u00e9\n", "b": [1, -2.5e3, null, true], "c": {"d": {}}}`, "{}\n\n{\"a\":1}", `{"a":"\ud83d\ude00"}`, `[1]`, `{"a":01}`, `{"a":"\`} {
		f.Add([]byte(s))
	}
	f.Add(seed(f, ".jsonl", sample.TagLabel))
	f.Fuzz(func(t *testing.T, data []byte) {
		columns, err := readBytes(t, ".jsonl", data, Options{})
		if err == nil {
			for line := range bytes.Lines(data) {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
				if len(bytes.TrimSpace(line)) > 0 && !json.Valid(line) && utf8.Valid(line) {
					t.Errorf("%q is read, but is no JSON", line)
				}
			}
		}
		_ = columns
		if line := bytes.TrimRight(data, "\n"); utf8.Valid(data) && !bytes.ContainsAny(line, "\n\x00") && bytes.HasPrefix(line, []byte("{")) && json.Valid(line) && err != nil {
			// Refused on purpose: what no column can hold without loss.
			for _, why := range []string{"comes twice", "surrogate", "beyond float64", "nested more", "different fields"} {
				if strings.Contains(err.Error(), why) {
					return
				}
			}
			t.Errorf("%q is JSON: %v", line, err)
		}
	})
}

// preparedSeed makes a prepared file with a kind of label.
func preparedSeed(f testing.TB, kind sample.LabelKind) []byte {
	f.Helper()
	about := record.Preparation{
		Version: record.PreparedVersion, Labels: record.KindName(kind), Names: []string{"no", "yes"}, Columns: map[string]string{}, Text: true,
		Tokenizer: "t", Vocabulary: 9, MaxLength: 8, Truncation: "longest_first", BatchRows: record.MaxRows,
	}
	memory := new(record.Allocator)
	b := record.NewTokenBuilder(memory, kind)
	defer b.Release()
	for i := range 4 {
		ex := sample.Example{Row: uint64(i), Text: "ab c", Tokens: &sample.Tokens{IDs: []int32{2, int32(i), 3}, TypeIDs: make([]uint8, 3), TextHash: uint64(i), TextBytes: 4}}
		switch kind {
		case sample.ClassLabel:
			ex.Label = sample.Class(int64(i % 2))
		case sample.TagLabel:
			ex.Words, ex.Label = []sample.Range{{Start: 0, End: 2}}, sample.Label{Kind: kind, Int: []int64{1}}
			ex.Tokens.Labels = []int64{sample.Ignore, 1, sample.Ignore}
		case sample.SpanLabel:
			ex.Label = sample.Label{Kind: kind, Int: []int64{0, 2}}
			ex.Tokens.Labels, ex.Tokens.Ends = []int64{1, 1, 0, 0}, []int32{2, 3}
		}
		if err := b.Append(ex); err != nil {
			f.Fatal(err)
		}
	}
	about.AddPart(4)
	rows := b.Batch()
	defer rows.Release()
	path := filepath.Join(f.TempDir(), "seed.arrow")
	out, err := sink.Create(path, sink.Options{Prepared: &about, Memory: memory})
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(out.Write(f.Context(), rows), out.Commit(f.Context()), out.Close()); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// Whatever a prepared file holds, its rows are sound or refused, and memory is
// given back.
func FuzzPrepared(f *testing.F) {
	for _, kind := range []sample.LabelKind{sample.NoLabel, sample.ClassLabel, sample.TagLabel, sample.SpanLabel} {
		f.Add(preparedSeed(f, kind))
	}
	path := filepath.Join(f.TempDir(), "x.arrow")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		memory := new(record.Allocator)
		err := readPrepared(t, path, memory)
		if err != nil && !ours(err) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrUnknownLabel) {
			t.Errorf("an error without a sentinel: %v", err)
		}
		if n := memory.Bytes(); n != 0 {
			t.Errorf("%d bytes are still counted", n)
		}
	})
}

// readPrepared reads all rows of a prepared file with the labels that it says it
// has.
func readPrepared(t *testing.T, path string, memory *record.Allocator) error {
	t.Helper()
	p, err := FindPrepared(t.Context(), []string{path}, Options{Memory: memory})
	if err != nil || p == nil {
		return err
	}
	about := p.About()
	if p, err = p.With(Options{Kind: p.Kind(), Names: []string{"yes", "no"}, Optional: true, Memory: memory}); err != nil {
		return err
	}
	parts, err := p.Parts(t.Context())
	if err != nil {
		return err
	}
	next := uint64(0)
	for _, part := range parts[:min(len(parts), 64)] {
		batches, err := pipeline.Collect(t.Context(), p.Read(t.Context(), part))
		for _, b := range batches {
			for _, ex := range b.Examples() {
				if ex.Row < next || ex.Row >= part.Row+uint64(part.Rows) {
					t.Errorf("row %d after %d in a part of %d", ex.Row, next, part.Rows)
				}
				next = ex.Row + 1
				for _, id := range ex.Tokens.IDs {
					if id < 0 || int(id) >= about.Vocabulary {
						t.Errorf("the token %d of %d", id, about.Vocabulary)
					}
				}
				if ex.Label.Kind == sample.ClassLabel && (ex.Label.Int[0] < 0 || ex.Label.Int[0] > 1) {
					t.Errorf("class %d", ex.Label.Int[0])
				}
			}
			b.Release()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
