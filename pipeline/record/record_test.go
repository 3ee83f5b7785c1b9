package record_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func examples(label func(i int) sample.Label) []sample.Example {
	out := make([]sample.Example, 5)
	for i := range out {
		out[i] = sample.Example{Row: uint64(100 + i), Copy: uint16(i % 2), Text: strings.Repeat("é", i), Label: label(i)}
		if i%2 == 1 {
			out[i].Pair, out[i].HasPair = strings.Repeat("x", i-1), true
			out[i].Words = []sample.Range{{Start: 0, End: 2}, {Start: 2, End: 2 * i}}
			out[i].Audit = "swap"
		}
	}
	out[3].Label = sample.Label{}
	return out
}

func TestExamplesComeBack(t *testing.T) {
	for name, label := range map[string]func(i int) sample.Label{
		"none":  func(int) sample.Label { return sample.Label{} },
		"class": func(i int) sample.Label { return sample.Class(int64(i)) },
		"value": func(i int) sample.Label {
			return sample.Label{Kind: sample.ValueLabel, Float: []float32{float32(i) / 3}}
		},
		"multi": func(i int) sample.Label {
			return sample.Label{Kind: sample.MultiLabel, Float: []float32{float32(i), 1, 0}}
		},
		"tags": func(i int) sample.Label {
			return sample.Label{Kind: sample.TagLabel, Int: make([]int64, i)}
		},
		"span": func(i int) sample.Label {
			return sample.Label{Kind: sample.SpanLabel, Int: []int64{int64(i), 9}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var memory record.Allocator
			want := examples(label)
			b, err := record.Of(&memory, want)
			if err != nil {
				t.Fatal(err)
			}
			if memory.Bytes() == 0 {
				t.Error("the batch's memory is not counted")
			}
			if diff := cmp.Diff(want, b.Examples()); diff != "" {
				t.Error(diff)
			}
			b.Retain()
			again, err := record.Wrap(b.Record())
			if err != nil {
				t.Fatal(err)
			}
			b.Release()
			if diff := cmp.Diff(want, again.Examples()); diff != "" || again.Len() != len(want) || again.Kind() != b.Kind() {
				t.Errorf("wrapped: %s", diff)
			}
			again.Release()
			if n := memory.Bytes(); n != 0 {
				t.Errorf("%d bytes are still counted after Release", n)
			}
		})
	}
}

func TestMixedLabelsAreRefused(t *testing.T) {
	var memory record.Allocator
	_, err := record.Of(&memory, []sample.Example{
		{Label: sample.Class(1)},
		{Row: 7, Label: sample.Label{Kind: sample.ValueLabel, Float: []float32{1}}},
	})
	if !errors.Is(err, record.ErrSchema) || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("got %v, want ErrSchema that names row 7", err)
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes leak", n)
	}
}

func TestWrapNamesTheFault(t *testing.T) {
	var memory record.Allocator
	good := record.Schema(sample.ClassLabel)
	meta := good.Metadata()
	change := func(i int, f arrow.Field) *arrow.Schema {
		fields := append([]arrow.Field{}, good.Fields()...)
		fields[i] = f
		return arrow.NewSchema(fields, &meta)
	}
	for want, schema := range map[string]*arrow.Schema{
		"columns are named text;":  change(2, arrow.Field{Name: "txt", Type: arrow.BinaryTypes.String}),
		"column row_id holds int8": change(0, arrow.Field{Name: "row_id", Type: arrow.PrimitiveTypes.Int8}),
		`ortrain.label is ""`:      arrow.NewSchema(good.Fields(), nil),
		"column text has nulls":    good,
	} {
		b := array.NewRecordBuilder(&memory, schema)
		if schema == good { // the columns are right, the missing text is not
			b.Field(0).(*array.Uint64Builder).Append(1)
			b.Field(1).(*array.Uint16Builder).Append(0)
			b.Field(2).AppendNull()
			b.Field(3).AppendNull()
			for i := 4; i < good.NumFields(); i++ {
				b.Field(i).AppendNull()
			}
		}
		_, err := record.Wrap(b.NewRecord())
		b.Release()
		if !errors.Is(err, record.ErrSchema) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrSchema with %q", err, want)
		}
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes leak", n)
	}
}

func Example() {
	var memory record.Allocator
	b, err := record.Of(&memory, []sample.Example{
		{Row: 0, Text: "my card is lost", Label: sample.Class(3)},
		{Row: 1, Text: "a premise", Pair: "a hypothesis", HasPair: true, Label: sample.Class(0)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ex := range b.Examples() {
		fmt.Println(ex.Row, ex.Text, ex.HasPair, ex.Label.Int)
	}
	b.Release()
	fmt.Println("in use:", memory.Bytes())
	// Output:
	// 0 my card is lost false [3]
	// 1 a premise true [0]
	// in use: 0
}

// What a file of tokens says of itself goes into its schema, and is read from
// there.
func ExamplePreparation() {
	p := record.Preparation{
		Version: record.PreparedVersion, Labels: record.KindName(sample.ClassLabel), Names: []string{"no", "yes"},
		Tokenizer: "hash of the tokenizer", Vocabulary: 30522, MaxLength: 128, BatchRows: record.MaxRows,
	}
	p.AddPart(5000)
	p.AddPart(5000)
	p.AddPart(10)
	schema, err := p.Schema()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range schema.Fields() {
		fmt.Println(f.Name, f.Type)
	}
	back, err := record.ParsePreparation(schema)
	fmt.Println(back.Parts, back.Batches(), record.IsPrepared(schema), err)
	// Output:
	// row_id uint64
	// label int64
	// input_ids list<item: int32, nullable>
	// token_type_ids list<item: uint8, nullable>
	// text_hash uint64
	// text_bytes uint64
	// check uint32
	// [[5000 2] [10 1]] 11 true <nil>
}
