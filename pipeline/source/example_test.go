package source_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "reviews.jsonl")
	if err := os.WriteFile(path, []byte(`{"text": "fine", "label": "good"}`+"\n"+`{"text": "\"so, so\"", "label": "bad"}`+"\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	set, err := source.Open(ctx, []string{path}, source.Options{Kind: sample.ClassLabel})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Names())
	batches, err := pipeline.Collect(ctx, set.Rows())
	for _, b := range batches {
		for _, ex := range b.Examples() {
			fmt.Println(ex.Row, ex.Text, set.Names()[ex.Label.Int[0]])
		}
		b.Release()
	}
	fmt.Println(err)
	// Output:
	// [bad good]
	// 0 fine good
	// 1 "so, so" bad
	// <nil>
}

func ExampleSet_Parts() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "lines.csv")
	if err := os.WriteFile(path, []byte("text\nfirst\nsecond\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	set, err := source.Open(ctx, []string{path}, source.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	parts, err := set.Parts(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range parts {
		fmt.Println(p.Row, p.Rows, p.Offset, p.Line)
		batches, err := pipeline.Collect(ctx, set.Read(ctx, p))
		for _, b := range batches {
			fmt.Println(b.Len(), b.Examples()[1].Text, err)
			b.Release()
		}
	}
	// Output:
	// 0 2 5 2
	// 2 second <nil>
}

// Standard input is copied first, since a data set is read more than once.
func ExampleOpen() {
	ctx := context.Background()
	set, err := source.Open(ctx, []string{source.Stdin}, source.Options{
		Kind: sample.ClassLabel, Format: ".csv", Stdin: strings.NewReader("text,label\na good film,yes\na bad film,no\n"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Names(), set.Columns().Text, set.Columns().Label)
	// Output: [no yes] text label
}

// A prepared file says of itself what it was made with.
func ExampleFindPrepared() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "ready.arrow")
	if err := saveTokens(ctx, path); err != nil {
		fmt.Println(err)
		return
	}
	file, err := source.FindPrepared(ctx, []string{path}, source.Options{})
	if err != nil || file == nil {
		fmt.Println("not prepared:", err)
		return
	}
	fmt.Println(file.About().MaxLength, "tokens at most,", file.Names())
	// A model may have its classes in another order.
	if file, err = file.With(source.Options{Kind: sample.ClassLabel, Names: []string{"yes", "no"}}); err != nil {
		fmt.Println(err)
		return
	}
	parts, err := file.Parts(ctx)
	for _, part := range parts {
		batches, err := pipeline.Collect(ctx, file.Read(ctx, part))
		for _, b := range batches {
			for _, ex := range b.Examples() {
				fmt.Println(ex.Row, ex.Tokens.IDs, file.Names()[ex.Label.Int[0]])
			}
			b.Release()
		}
		fmt.Println(err)
	}
	fmt.Println(err)
	// Output:
	// 8 tokens at most, [no yes]
	// 0 [2 7 3] yes
	// <nil>
	// <nil>
}

// saveTokens writes a prepared file of one row.
func saveTokens(ctx context.Context, path string) error {
	about := record.Preparation{
		Version: record.PreparedVersion, Labels: record.KindName(sample.ClassLabel), Names: []string{"no", "yes"},
		Tokenizer: "hash of the tokenizer", Vocabulary: 9, MaxLength: 8, BatchRows: record.MaxRows,
	}
	about.AddPart(1)
	b := record.NewTokenBuilder(new(record.Allocator), sample.ClassLabel)
	defer b.Release()
	if err := b.Append(sample.Example{Label: sample.Class(1), Tokens: &sample.Tokens{IDs: []int32{2, 7, 3}, TypeIDs: make([]uint8, 3)}}); err != nil {
		return err
	}
	rows := b.Batch()
	defer rows.Release()
	f, err := sink.Create(path, sink.Options{Prepared: &about})
	if err != nil {
		return err
	}
	return errors.Join(f.Write(ctx, rows), f.Commit(ctx), f.Close())
}
