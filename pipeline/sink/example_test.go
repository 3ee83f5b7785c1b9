package sink_test

import (
	"context"
	"fmt"
	"os"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
)

func Example() {
	ctx := context.Background()
	b, err := record.Of(new(record.Allocator), []sample.Example{
		{Row: 0, Text: "fine", Label: sample.Class(1)},
		{Row: 1, Text: "so, so", Label: sample.Class(0)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Release()
	f, err := sink.Create(sink.Stdout, sink.Options{Format: ".csv", Names: []string{"bad", "good"}, Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close() // removes what was not committed
	if err := f.Write(ctx, b); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Commit(ctx))
	// Output:
	// text,label
	// fine,good
	// "so, so",bad
	// <nil>
}

func ExampleWriteTable() {
	table := sink.Table{{Name: "row", Values: []int64{7, 8}}, {Name: "logits", Values: [][]float32{{0.5, -1}, {2, 3}}}}
	err := sink.WriteTable(context.Background(), sink.Stdout, table, sink.Options{Format: ".jsonl", Stdout: os.Stdout})
	fmt.Println(err)
	// Output:
	// {"row":7,"logits":[0.5,-1.0]}
	// {"row":8,"logits":[2.0,3.0]}
	// <nil>
}
