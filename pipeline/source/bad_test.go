package source_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// TestBadDataIsNamed: what happened, where, and the sentinel.
func TestBadDataIsNamed(t *testing.T) {
	class := source.Options{Kind: sample.ClassLabel}
	with := func(change func(o *source.Options)) source.Options { o := class; change(&o); return o }
	for _, c := range []struct {
		name, file, content string
		opts                source.Options
		sentinel            error
		want                string
	}{
		{"no bytes", "a.csv", "", class, source.ErrEmpty, "a header row is expected"},
		{"no rows", "a.csv", "text,label\n", with(func(o *source.Options) { o.Names = classes }), source.ErrEmpty, "a.csv: there are no rows"},
		{"no rows in jsonl", "a.jsonl", "\n\n", class, source.ErrEmpty, "one JSON object a line"},
		{"no text column", "a.csv", "txt,label\na,x\n", class, source.ErrNoColumn, `no column "text" or "sentence" among txt, label; did you mean "txt"? then set text_column`},
		{"column twice", "a.csv", "text,text,label\na,b,x\n", class, source.ErrNoColumn, "2 columns have this name"},
		{"unknown label", "a.csv", "text,label\na,a\nb,bb\n", with(func(o *source.Options) { o.Names = classes }), source.ErrUnknownLabel, `row 2 (line 3) column "label": label "bb" is not in {a, b, c}; did you mean "b"?`},
		{"no label", "a.csv", "text,label\na,x\nb,\n", class, source.ErrMissing, `row 2 (line 3) column "label": no label`},
		{"too few fields", "a.csv", "text,label\na,x\nb\n", class, source.ErrFormat, "row 2 (line 3): the row has 1 fields, the header 2"},
		{"open quote", "a.csv", "text,label\na,x\n\"b,x\nc,y\n", class, source.ErrFormat, "row 2 (line 3): a quote is never closed"},
		{"quote within", "a.csv", "text,label\na\"b,x\n", class, source.ErrFormat, "row 1 (line 2): a quote is misplaced"},
		{"text after a quote", "a.csv", "text,label\n\"a\"b,x\n", class, source.ErrFormat, "row 1 (line 2): a quote is misplaced"},
		{"UTF-16", "a.csv", "\xff\xfet\x00e\x00", class, source.ErrUTF8, "UTF-16"},
		{"UTF-16 without a mark", "a.jsonl", "{\x00\"\x00", class, source.ErrUTF8, "UTF-16"},
		{"gzip", "a.csv", "\x1f\x8b\x08\x00", class, source.ErrUTF8, "is packed by gzip, not text; let its name end in .gz"},
		{"workbook", "a.tsv", "PK\x03\x04\x14\x00", class, source.ErrUTF8, "Excel"},
		{"Parquet by another name", "a.jsonl", "PAR1\x15\x04", class, source.ErrUTF8, "ends in .parquet"},
		{"zeros far in", "a.csv", "text,label\na,\x00\x01\x00\x02\x00\n", class, source.ErrUTF8, "no text at all"},
		{"semicolons", "a.csv", "text;label\na;b\n", class, source.ErrNoColumn, "semicolons between them"},
		{"latin-1", "a.csv", "text,label\ncaf\xe9,x\n", class, source.ErrUTF8, `row 1 (line 2) column "text": the byte at 3`},
		{"not gzip", "a.csv.gz", "text,label\n", class, source.ErrFormat, "not gzip"},
		{"cut gzip", "a.jsonl.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaaV", class, source.ErrFormat, "damaged or cut off"},
		{"not zstd", "a.csv.zst", "text,label\n", class, source.ErrFormat, "damaged or cut off"},
		{"no format", "a.xlsx", "x", class, source.ErrFormat, `extension ".xlsx" are not read; expected one of .arrow`},
		{"not Parquet", "a.parquet", "text,label,and so on", class, source.ErrFormat, "does not end as Parquet does"},
		{"value", "a.csv", "text,label\na,1.5\nb,high\n", with(func(o *source.Options) { o.Kind = sample.ValueLabel }), source.ErrType, `row 2 (line 3) column "label": "high"; a number`},
		{"not a number", "a.csv", "text,label\na,NaN\n", with(func(o *source.Options) { o.Kind = sample.ValueLabel }), source.ErrType, "a finite number"},
		{"tags and tokens", "a.jsonl", `{"tokens":["a","b"],"tags":["x"]}`, with(func(o *source.Options) { o.Kind = sample.TagLabel }), source.ErrType, `row 1 (line 1) column "tags": 1 tags for 2 tokens`},
		{"no tokens", "a.jsonl", `{"tokens":[],"tags":["x"]}`, with(func(o *source.Options) { o.Kind = sample.TagLabel }), source.ErrType, "at least one token"},
		{"uneven columns", "a.conll", "a X\nb\n", with(func(o *source.Options) { o.Kind = sample.TagLabel }), source.ErrFormat, "(line 2): the line has 1 columns, the first one has 2"},
		{"span outside", "a.jsonl", `{"text":"äb","s":1,"e":3}`, with(func(o *source.Options) { o.Kind, o.Columns.Start, o.Columns.End = sample.SpanLabel, "s", "e" }), source.ErrType, "the span 1 to 3 does not lie in a text of 2 characters"},
		{"uneven vectors", "a.jsonl", `{"text":"a","labels":[0.5,1.0]}` + "\n" + `{"text":"a","labels":[0.5]}`, with(func(o *source.Options) { o.Kind = sample.MultiLabel }), source.ErrType, "row 2 (line 2)"},
		{"text as a label", "a.jsonl", `{"text":"a","label":1.5}`, class, source.ErrType, "the number 1.5; a class is a text or an integer"},
	} {
		path := file(t, c.file, c.content)
		_, err := read(t, c.opts, path)
		var place *source.Error
		if !errors.Is(err, c.sentinel) || !errors.As(err, &place) || place.Path != path || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestShardsThatDiffer(t *testing.T) {
	class := source.Options{Kind: sample.ClassLabel}
	rows := generated(10)
	named := save(t, "a.parquet", rows, sink.Options{Names: classes})
	other := save(t, "b.parquet", rows, sink.Options{Names: []string{"a", "b", "d"}})
	plain := save(t, "c.parquet", rows, sink.Options{})
	values := make([]sample.Example, len(rows))
	for i, ex := range rows {
		values[i] = ex
		values[i].Label = sample.Label{Kind: sample.ValueLabel, Float: []float32{1}}
	}
	floats := save(t, "d.parquet", values, sink.Options{})
	unlabelled := save(t, "e.parquet", []sample.Example{{Text: "a"}}, sink.Options{})
	for want, paths := range map[string][]string{
		"b.parquet column \"label\": declares the classes [a b d]": {named, other},
		"c.parquet column \"label\": declares the classes []":      {named, plain},
		"d.parquet column \"label\": holds FLOAT":                  {plain, floats},
		"e.parquet: no column \"label\"":                           {plain, unlabelled},
	} {
		if _, err := read(t, class, paths...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestFoldersPatternsAndStandardInput(t *testing.T) {
	rows := generated(30)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string][]sample.Example{"train-00000-of-00002": rows[:10], "train-00001-of-00002": rows[10:20], "test-00000-of-00001": rows[20:]} {
		if err := os.Rename(save(t, "x.parquet", part, sink.Options{Names: classes}), filepath.Join(dir, "data", name+".parquet")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("about"), 0o600); err != nil {
		t.Fatal(err)
	}
	count := func(opts source.Options, path string) (int, error) {
		opts.Kind = sample.ClassLabel
		got, err := read(t, opts, path)
		return len(got), err
	}
	for path, want := range map[string]int{
		filepath.Join(dir, "train"):               20,
		filepath.Join(dir, "test"):                10,
		filepath.Join(dir, "data", "*.parquet"):   30,
		filepath.Join(dir, "data", "t?st-*"):      10,
		filepath.Join(dir, "data", "train-00001"): 10,
	} {
		if n, err := count(source.Options{}, path); err != nil || n != want {
			t.Errorf("%s: %d rows (%v), want %d", path, n, err, want)
		}
	}
	for path, want := range map[string]string{
		dir:                                     "files of several splits",
		filepath.Join(dir, "validation"):        "no such file",
		filepath.Join(dir, "data", "*.csv"):     "no file matches",
		t.TempDir():                             "holds no data file",
		filepath.Join(dir, "README.md"):         `extension ".md"`,
		filepath.Join(dir, "data", "[.parquet"): "not a pattern",
	} {
		if _, err := count(source.Options{}, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if n, err := count(source.Options{Format: "csv", Stdin: strings.NewReader("text,label\na,x\nb,y\n")}, source.Stdin); err != nil || n != 2 {
		t.Errorf("standard input: %d rows (%v)", n, err)
	}
	broken := io.MultiReader(strings.NewReader("text,label\na,x\n"), brokenPipe{})
	if _, err := count(source.Options{Format: "csv", Stdin: broken}, source.Stdin); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a pipe that closes: %v", err)
	}
	if _, err := count(source.Options{Stdin: strings.NewReader("x")}, source.Stdin); !errors.Is(err, source.ErrFormat) {
		t.Errorf("standard input without a format: %v", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestLabelsOfEveryKind(t *testing.T) {
	for _, c := range []struct {
		name, content string
		opts          source.Options
		want          sample.Example
		names         []string
	}{
		{"tags", `{"words":["New","York"],"ner_tags":["B","I"]}`, source.Options{Kind: sample.TagLabel},
			sample.Example{Text: "New York", Words: []sample.Range{{Start: 0, End: 3}, {Start: 4, End: 8}}, Label: sample.Label{Kind: sample.TagLabel, Int: []int64{0, 1}}}, []string{"B", "I"}},
		{"tags by number", `{"tokens":["é"],"tags":[-100]}`, source.Options{Kind: sample.TagLabel, Names: []string{"O"}},
			sample.Example{Text: "é", Words: []sample.Range{{Start: 0, End: 2}}, Label: sample.Label{Kind: sample.TagLabel, Int: []int64{-100}}}, []string{"O"}},
		{"span", `{"text":"äöü x","s":1,"e":3}`, source.Options{Kind: sample.SpanLabel, Columns: source.Columns{Start: "s", End: "e"}},
			sample.Example{Text: "äöü x", Label: sample.Label{Kind: sample.SpanLabel, Int: []int64{2, 6}}}, nil},
		{"span of a pair", `{"q":"?","text":"äö","s":[1],"e":[2]}`, source.Options{Kind: sample.SpanLabel, Columns: source.Columns{Text: "q", Pair: "text", Start: "s", End: "e"}},
			sample.Example{Text: "?", Pair: "äö", HasPair: true, Label: sample.Label{Kind: sample.SpanLabel, Int: []int64{2, 4}}}, nil},
		{"no answer", `{"text":"a","s":-1,"e":-1}`, source.Options{Kind: sample.SpanLabel, Columns: source.Columns{Start: "s", End: "e"}},
			sample.Example{Text: "a", Label: sample.Label{Kind: sample.SpanLabel, Int: []int64{-1, -1}}}, nil},
		{"several classes", `{"text":"a","labels":["z","x"]}`, source.Options{Kind: sample.MultiLabel, Names: []string{"x", "y", "z"}},
			sample.Example{Text: "a", Label: sample.Label{Kind: sample.MultiLabel, Float: []float32{1, 0, 1}}}, []string{"x", "y", "z"}},
		{"several numbers", `{"text":"a","labels":"2, 0"}`, source.Options{Kind: sample.MultiLabel, Names: []string{"x", "y", "z"}},
			sample.Example{Text: "a", Label: sample.Label{Kind: sample.MultiLabel, Float: []float32{1, 0, 1}}}, []string{"x", "y", "z"}},
		{"one number a class", `{"text":"a","labels":[0.5,0,1]}`, source.Options{Kind: sample.MultiLabel},
			sample.Example{Text: "a", Label: sample.Label{Kind: sample.MultiLabel, Float: []float32{0.5, 0, 1}}}, []string{"0", "1", "2"}},
		{"value", `{"text":"a","label":3}`, source.Options{Kind: sample.ValueLabel},
			sample.Example{Text: "a", Label: sample.Label{Kind: sample.ValueLabel, Float: []float32{3}}}, nil},
		{"truth", `{"text":"a","label":true}`, source.Options{Kind: sample.ClassLabel, Names: []string{"false", "true"}}, example(0, "a", 1), []string{"false", "true"}},
		{"no label", `{"text":"a"}`, source.Options{Kind: sample.ClassLabel, Optional: true}, sample.Example{Text: "a"}, nil},
		{"a class of -1", `{"text":"a","label":"-1"}`, source.Options{Kind: sample.ClassLabel, Optional: true}, example(0, "a", 0), []string{"-1"}},
		{"-1 is no class", `{"text":"a","label":"-1"}`, source.Options{Kind: sample.ClassLabel, Optional: true, Names: []string{"no", "yes"}}, sample.Example{Text: "a"}, []string{"no", "yes"}},
		{"-1 for no label", `{"text":"a","label":-1}`, source.Options{Kind: sample.ClassLabel, Optional: true, MinusOne: true}, sample.Example{Text: "a"}, []string{}},
	} {
		c.opts.Memory = new(record.Allocator)
		set, err := source.Open(t.Context(), []string{file(t, "a.jsonl", c.content)}, c.opts)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := drain(t, set.Rows())
		if diff := cmp.Diff([]sample.Example{c.want}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", c.name, err, diff)
		}
		if diff := cmp.Diff(c.names, set.Names()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if n := c.opts.Memory.Bytes(); n != 0 {
			t.Errorf("%s: %d bytes are still counted", c.name, n)
		}
	}
}

func TestReadNames(t *testing.T) {
	for content, want := range map[string][]string{
		"a b\r\nc\n\n": {"a b", "c"},
		`["x", "y,z"]`: {"x", "y,z"},
		`{"id2label": {"1": "b", "0": "a"}, "x": 1}`: {"a", "b"},
	} {
		got, err := source.ReadNames(file(t, "names", content))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", content, err, diff)
		}
	}
	for content, want := range map[string]string{
		"a\nb\na":                  `the class "a" comes twice, as 0 and 2`,
		"":                         "no class is named",
		"[1]":                      "not a JSON list of names",
		`{"id2label": {"1": "b"}}`: "none for 0",
		"a\xff":                    "begins no character",
	} {
		if _, err := source.ReadNames(file(t, "names", content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

// A file whose first rows have no label is one without labels, but a label that
// comes behind them is not lost in silence.
func TestLateLabels(t *testing.T) {
	content := strings.Repeat(`{"text":"a"}`+"\n", 2*record.MaxRows) + `{"text":"b","label":"yes"}` + "\n"
	path := file(t, "a.jsonl", content)
	opts := source.Options{Kind: sample.ClassLabel, Optional: true}
	set, err := source.Open(t.Context(), []string{path}, opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = drain(t, set.Rows())
	if !errors.Is(err, source.ErrNoColumn) || !strings.Contains(err.Error(), fmt.Sprintf("row %d ", 2*record.MaxRows+1)) || !strings.Contains(err.Error(), "set label_column") {
		t.Errorf("rows: %v", err)
	}
	_, err = drain(t, set.Readable(func(err *source.Error) { t.Errorf("skipped: %v", err) }))
	if !errors.Is(err, source.ErrNoColumn) {
		t.Errorf("readable rows: %v", err)
	}
	opts.Columns.Label = "label"
	if set, err = source.Open(t.Context(), []string{path}, opts); err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, set.Rows())
	if n := len(got); err != nil || n != 2*record.MaxRows+1 || got[n-1].Label.Kind != sample.ClassLabel {
		t.Errorf("with the column named: %d rows, %v", n, err)
	}
	opts.Columns.Label = "lable"
	if _, err = source.Open(t.Context(), []string{path}, opts); !errors.Is(err, source.ErrNoColumn) || !strings.Contains(err.Error(), `did you mean "label"`) {
		t.Errorf("with another column named: %v", err)
	}
}
