package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// Every format that is written is looked into.
func TestPeekFormats(t *testing.T) {
	table := sink.Table{{Name: "text", Values: []string{"one text", "two"}}, {Name: "n", Values: []int64{3, 4}}}
	for _, ext := range sink.Formats() {
		path := filepath.Join(t.TempDir(), "x"+ext)
		if err := sink.WriteTable(t.Context(), path, table, sink.Options{}); err != nil {
			t.Fatal(err)
		}
		memory := new(record.Allocator)
		for _, opts := range []source.Options{{}, {Memory: memory}} {
			p, err := source.Peek(t.Context(), path, opts, 100)
			if err != nil {
				t.Fatal(err)
			}
			if p.Rows != 2 || len(p.Columns) != 2 || p.Columns[0].Texts != 2 || p.Columns[1].Integers != 2 {
				t.Errorf("%s: %+v", ext, p)
			}
		}
		if n := memory.Bytes(); n != 0 {
			t.Errorf("%s: %d bytes are still in use", ext, n)
		}
	}
}

func TestPeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	text := `{"a":"one text","b":1,"c":[1,2],"d":0.5}` + "\n" + `{"a":"","b":2,"c":[],"d":2}` + "\n" + `{"a":"7","b":3,"d":"x"}` + "\n" + `{"a":"5.0","b":4,"d":"0.25"}` + "\n" + `{"a":"1e99","b":5,"d":"inf"}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := source.Peek(t.Context(), path, source.Options{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := source.Peeked{Paths: []string{path}, Rows: 5, Columns: []source.PeekedColumn{
		{Name: "a", Values: []string{"one text", "7", "5.0", "1e99"}, Texts: 1, Integers: 3},
		{Name: "b", Values: []string{"1", "2", "3", "4", "5"}, Integers: 5},
		{Name: "c", Lists: 2},
		{Name: "d", Values: []string{"0.5", "2", "x", "0.25", "inf"}, Texts: 1, Integers: 1, Numbers: 3},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err = source.Peek(t.Context(), path, source.Options{}, 2); err != nil || got.Rows != 2 {
		t.Errorf("two rows: %d, %v", got.Rows, err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = source.Peek(t.Context(), path, source.Options{}, 2); !errors.Is(err, source.ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
}

// A Parquet schema is shown with what is nested.
func TestPeekNestedTypes(t *testing.T) {
	for file, want := range map[string]map[string]string{
		"list_columns.parquet":           {"int64_list": "list<INT64>", "utf8_list": "list<String>"},
		"nested_lists.snappy.parquet":    {"a": "list<list<list<String>>>", "b": "INT32"},
		"nullable.impala.parquet":        {"int_array_Array": "list<list<INT32>>", "int_map": "list<{key: String, value: INT32}>"},
		"repeated_no_annotation.parquet": {"phoneNumbers": "{phone: list<{number: INT64, kind: String}>}"},
	} {
		p, err := source.Peek(t.Context(), pipetest.Shared(t, "data", "parquet-testing", "data", file), source.Options{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range p.Columns {
			got[c.Name] = c.Type
		}
		for column, typ := range want {
			if got[column] != typ {
				t.Errorf("%s: column %s is %q; %q is expected", file, column, got[column], typ)
			}
		}
	}
}
