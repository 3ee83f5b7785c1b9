package clean_test

import (
	"slices"
	"testing"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// dropCases say which rows of a data set stay.
var dropCases = []struct {
	step   string
	params params
	rows   []sample.Example
	want   []uint64
}{
	{"length", params{"min": 2, "max": 3}, texts("a", "ab", "äöü", "abcd"), []uint64{1, 2}},
	{"length", params{"min": 2, "unit": "words"}, texts("a  ", "a b", "ab"), []uint64{1}},
	{"length", params{"max": 3, "unit": "bytes"}, texts("äö", "abc"), []uint64{1}},
	{"length", nil, []sample.Example{{Row: 0, Text: "a", HasPair: true}, {Row: 1, Text: "a", Pair: "b", HasPair: true}}, []uint64{1}},

	{"language", nil, texts("This is an English sentence about nothing much at all.",
		"Dies ist ein deutscher Satz, der von nichts Besonderem handelt.", "Это русское предложение", "ok", "这是一个中文句子"), []uint64{0, 3}},
	{"language", params{"keep": []any{"zh", "rus"}}, texts("This is an English sentence about nothing much at all.", "Это русское предложение", "这是一个中文句子"), []uint64{1, 2}},

	{"language", params{"keep": []any{"ja"}}, texts("東京都庁舎展望室は無料です", "北京大学里学习中文的学生很多"), []uint64{0}},

	{"duplicates", nil, []sample.Example{
		{Row: 0, Text: "a", Label: sample.Class(0)}, {Row: 1, Text: "a", Label: sample.Class(1)}, {Row: 2, Text: "b", Label: sample.Class(0)},
		{Row: 3, Text: "a", Label: sample.Class(0)}, {Row: 4, Text: "a", HasPair: true, Label: sample.Class(0)}, {Row: 5, Text: "a", Label: sample.Class(1)},
	}, []uint64{0, 1, 2, 4}},
	{"duplicates", params{"labels": false}, []sample.Example{
		{Row: 0, Text: "a", Label: sample.Class(0)}, {Row: 1, Text: "a", Label: sample.Class(1)},
		{Row: 2, Text: "x", Pair: "y", HasPair: true}, {Row: 3, Text: "xy", Pair: "", HasPair: true}, {Row: 4, Text: "x", Pair: "y", HasPair: true},
	}, []uint64{0, 2, 3}},
	// Two of three rows are remembered, so the first "a" is forgotten.
	{"duplicates", params{"rows": 2}, texts("a", "b", "c", "c", "a"), []uint64{0, 1, 2, 4}},

	{"conflicts", nil, []sample.Example{
		{Row: 0, Text: "a", Label: sample.Class(0)}, {Row: 1, Text: "a", Label: sample.Class(0)}, {Row: 2, Text: "a", Label: sample.Class(1)},
		{Row: 3, Text: "b", Label: sample.Class(1)},
	}, []uint64{0, 1, 3}},

	{"near_duplicates", nil, texts(
		"I would like to know when my new card will arrive at my home address",
		"I would like to know when my new card will arrive at my home address!",
		"i would like to know  when my new card will arrive at my home address",
		"Why was I charged a fee for the transfer that I made yesterday?",
		"", "", "ab", "abc"), []uint64{0, 3, 4, 6, 7}},
	{"near_duplicates", params{"threshold": 1.0}, texts("one two three four", "one two three five", "one two three four"), []uint64{0, 1}},
	{"near_duplicates", nil, []sample.Example{
		{Row: 0, Text: "the same text", Label: sample.Class(0)}, {Row: 1, Text: "the same text", Label: sample.Class(1)},
	}, []uint64{0, 1}},
}

func texts(all ...string) []sample.Example {
	out := make([]sample.Example, len(all))
	for i, text := range all {
		out[i] = sample.Example{Row: uint64(i), Text: text}
	}
	return out
}

// run cleans rows in batches of a size and returns what is left.
func run(t testing.TB, c *clean.Cleaner, rows []sample.Example, batch, workers int) []sample.Example {
	t.Helper()
	var memory record.Allocator
	var in []*record.Batch
	for part := range slices.Chunk(rows, batch) {
		b, err := record.Of(&memory, part)
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, b)
	}
	out, err := pipeline.Collect(t.Context(), c.Stage(pipeline.FromSlice(in), workers))
	if err != nil {
		t.Fatal(err)
	}
	var left []sample.Example
	for _, b := range out {
		for _, ex := range b.Examples() {
			left = append(left, copyOf(ex))
		}
		b.Release()
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes of the input are not released", n)
	}
	return left
}

// copyOf frees an example of the memory of its batch.
func copyOf(ex sample.Example) sample.Example {
	ex.Text, ex.Pair = string([]byte(ex.Text)), string([]byte(ex.Pair))
	ex.Label.Int, ex.Label.Float = slices.Clone(ex.Label.Int), slices.Clone(ex.Label.Float)
	return ex
}

func ids(rows []sample.Example) []uint64 {
	out := make([]uint64, len(rows))
	for i, ex := range rows {
		out[i] = ex.Row
	}
	return out
}

func TestDrops(t *testing.T) {
	for _, c := range dropCases {
		for _, batch := range []int{1, 2, 100} {
			stage := cleaner(t, c.step, c.params)
			got := ids(run(t, stage, c.rows, batch, 2))
			if !slices.Equal(got, c.want) {
				t.Errorf("%s %v, batches of %d: rows %v stay, want %v", c.step, c.params, batch, got, c.want)
			}
			r := stage.Report()
			if dropped := int64(len(c.rows) - len(c.want)); r.Rows != int64(len(c.rows)) || r.Kept != int64(len(c.want)) || r.Steps[0].Dropped != dropped {
				t.Errorf("%s %v: the report says %+v; want %d rows dropped", c.step, c.params, r, dropped)
			}
		}
	}
}

// Every pass has a memory of its own: what one saw is new to the next.
func TestPassesDoNotShareMemory(t *testing.T) {
	c := cleaner(t, "duplicates", nil)
	for range 2 {
		if got := ids(run(t, c, texts("a", "a"), 10, 1)); !slices.Equal(got, []uint64{0}) {
			t.Errorf("rows %v stay, want the first", got)
		}
	}
}
