package inspect_test

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/inspect"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func Example() {
	names := []string{"bad", "good"}
	// In a program, Rows is the method of a source.Set.
	set := func(name string, rows ...sample.Example) inspect.Set {
		return inspect.Set{Name: name, Kind: sample.ClassLabel, Names: names, Rows: func() pipeline.Source[*record.Batch] {
			b, err := record.Of(new(record.Allocator), rows)
			if err != nil {
				return pipeline.New(func(context.Context) (*record.Batch, error) { return nil, err }, nil)
			}
			return pipeline.FromSlice([]*record.Batch{b})
		}}
	}
	r, err := inspect.Look(context.Background(), inspect.Default(),
		set("train",
			sample.Example{Row: 0, Text: "a good film", Label: sample.Class(1)},
			sample.Example{Row: 1, Text: "A good  film", Label: sample.Class(0)},
			sample.Example{Row: 2, Text: "weak in the cafÃ© scene", Label: sample.Class(0)},
		),
		set("test",
			sample.Example{Row: 0, Text: "a good film", Label: sample.Class(1)},
		))
	if err != nil {
		fmt.Println(err)
		return
	}
	train := r.Sets[0]
	fmt.Println(train.Rows, "rows,", train.Labels.Classes)
	fmt.Println(train.Duplicates.Exact.Rows, "equal,", train.Duplicates.Folded.Rows, "equal but for case and spaces")
	for _, row := range train.Conflicts.Folded.Groups[0].Rows {
		fmt.Printf("conflict: row %d is %s\n", row.Row, row.Label)
	}
	for _, o := range train.Texts {
		for _, row := range o.Texts {
			fmt.Printf("%s: row %d, probably %q\n", o.Name, row.Row, row.Repaired)
		}
	}
	leak := r.Leaks[0]
	fmt.Printf("%s in %s: %d, row %d is row %d\n", leak.Set, leak.From, leak.Exact, leak.Pairs[0].Row.Row, leak.Pairs[0].Of.Row)
	// Output:
	// 3 rows, [{bad 2 0.6666666666666666} {good 1 0.3333333333333333}]
	// 0 equal, 1 equal but for case and spaces
	// conflict: row 0 is good
	// conflict: row 1 is bad
	// mojibake: row 2, probably "weak in the café scene"
	// test in train: 1, row 0 is row 0
}
