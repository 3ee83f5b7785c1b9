package sink_test

import (
	"context"
	"fmt"
	"os"

	"github.com/ortrain/ortrain/pipeline/sink"
)

func ExampleWriteTable() {
	table := sink.Table{
		{Name: "text", Values: []string{"a good film", "a bad film"}},
		{Name: "label", Values: []string{"yes", "no"}},
	}
	if err := sink.WriteTable(context.Background(), sink.Stdout, table, sink.Options{Format: ".csv", Stdout: os.Stdout}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// text,label
	// a good film,yes
	// a bad film,no
}
