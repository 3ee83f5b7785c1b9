package source_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// prose makes texts of words whose frequencies fall as those of language do.
func prose(n int) []sample.Example {
	words := strings.Fields("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through years where much your way well down should because each just those people")
	out := make([]sample.Example, n)
	for i := range out {
		r := random.New(3, random.Generate, 0, uint64(i), 0)
		var b strings.Builder
		for range 10 + r.IntN(30) {
			b.WriteString(words[min(r.IntN(len(words)), r.IntN(len(words)))])
			b.WriteByte(' ')
		}
		out[i] = example(uint64(i), b.String(), int64(r.IntN(3)))
	}
	return out
}

// BenchmarkRead decodes texts to record batches: MB are those of the texts.
func BenchmarkRead(b *testing.B) {
	rows := prose(100_000)
	bytes := int64(0)
	for _, ex := range rows {
		bytes += int64(len(ex.Text))
	}
	for _, ext := range []string{".parquet", ".arrow", ".jsonl", ".csv"} {
		path := save(b, "bench"+ext, rows, sink.Options{Names: classes})
		for name, kind := range map[string]sample.LabelKind{"text": sample.NoLabel, "labelled": sample.ClassLabel} {
			b.Run(ext[1:]+"/"+name, func(b *testing.B) {
				set, err := source.Open(b.Context(), []string{path}, source.Options{Kind: kind, Names: classes})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(bytes)
				b.ReportAllocs()
				for b.Loop() {
					src := set.Rows()
					seen := 0
					for {
						batch, err := src.Next(b.Context())
						if errors.Is(err, io.EOF) {
							break
						}
						if err != nil {
							b.Fatal(err)
						}
						seen += len(batch.Examples())
						batch.Release()
					}
					if err := src.Close(); err != nil || seen != len(rows) {
						b.Fatal(seen, err)
					}
				}
			})
		}
	}
}

// BenchmarkWrite encodes record batches.
func BenchmarkWrite(b *testing.B) {
	rows := prose(20_000)
	bytes := int64(0)
	for _, ex := range rows {
		bytes += int64(len(ex.Text))
	}
	batch, err := record.Of(new(record.Allocator), rows)
	if err != nil {
		b.Fatal(err)
	}
	defer batch.Release()
	for _, ext := range []string{".parquet", ".arrow", ".jsonl", ".csv"} {
		b.Run(ext[1:], func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "out"+ext)
			b.SetBytes(bytes)
			for b.Loop() {
				f, err := sink.Create(path, sink.Options{Names: classes})
				if err != nil {
					b.Fatal(err)
				}
				if err := errors.Join(f.Write(b.Context(), batch), f.Commit(b.Context()), f.Close()); err != nil {
					b.Fatal(err)
				}
			}
			if err := os.Remove(path); err != nil {
				b.Fatal(err)
			}
		})
	}
}
