package source_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

func ExampleOpen() {
	ctx := context.Background()
	set, err := source.Open(ctx, []string{source.Stdin}, source.Options{
		Kind: sample.ClassLabel, Format: ".csv", Stdin: strings.NewReader("text,label\na good film,yes\na bad film,no\n"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Names())
	batches, err := pipeline.Collect(ctx, set.Rows())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range batches {
		for _, ex := range b.Examples() {
			fmt.Println(ex.Row, ex.Text, ex.Label.Int[0])
		}
		b.Release()
	}
	// Output:
	// [no yes]
	// 0 a good film 1
	// 1 a bad film 0
}
