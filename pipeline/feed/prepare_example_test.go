package feed_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// Texts are tokenized once, into a file that stands in the place of the data.
func ExamplePrepare() {
	folder, err := os.MkdirTemp("", "prepare")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "train.csv")
	if err := os.WriteFile(path, []byte("text,label\nmy card is lost,lost\nwhen does it come,delivery\nlost,lost\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	file, err := tokenize.DefaultWordPiece().File([]byte(strings.Join(words, "\n")))
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := tokenize.New(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tok.Close()

	ctx := context.Background()
	cfg := feed.DefaultConfig()
	cfg.Files, cfg.Tokenizer, cfg.Memory = []string{path}, tok, new(record.Allocator)
	ready := filepath.Join(folder, "ready.arrow")
	if err := writePrepared(ctx, cfg, ready); err != nil {
		fmt.Println(err)
		return
	}
	cfg.Files = []string{ready}
	f, err := feed.Open(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	batches, err := pipeline.Collect(ctx, f.Evaluate())
	for _, b := range batches {
		fmt.Println(b.Row, b.Labels.Int, b.IDs)
	}
	fmt.Println(err)
	// Output:
	// 3 rows of 1 part, labels [delivery lost], at most 128 tokens
	// [2 0 1] [1 1 0] [2 6 3 2 7 5 8 6 3 2 9 10 11 12 3]
	// <nil>
}

// writePrepared prepares the data of a configuration.
func writePrepared(ctx context.Context, cfg feed.Config, path string) (err error) {
	p, err := feed.Prepare(ctx, cfg, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Rows.Close()) }()
	fmt.Printf("%d rows of %d part, labels %v, at most %d tokens\n", p.Total, len(p.About.Parts), p.About.Names, p.About.MaxLength)
	f, err := sink.Create(path, sink.Options{Prepared: &p.About, Memory: cfg.Memory})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	batches, err := pipeline.Collect(ctx, p.Rows)
	for _, b := range batches {
		err = errors.Join(err, f.Write(ctx, b))
		b.Release()
	}
	if err != nil {
		return err
	}
	return f.Commit(ctx)
}
