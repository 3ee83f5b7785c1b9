//go:build unix

package source_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/pipetest"
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
	const rows = 100_000
	paths, bytes := map[string]string{}, int64(0)
	func() { // so that what is made here is gone before anything is measured
		made := prose(rows)
		for _, ex := range made {
			bytes += int64(len(ex.Text))
		}
		for _, ext := range []string{".parquet", ".arrow", ".jsonl", ".csv"} {
			paths[ext] = save(b, "bench"+ext, made, sink.Options{Names: classes})
		}
	}()
	for _, ext := range []string{".parquet", ".arrow", ".jsonl", ".csv"} {
		path := paths[ext]
		for name, kind := range map[string]sample.LabelKind{"text": sample.NoLabel, "labelled": sample.ClassLabel} {
			b.Run(ext[1:]+"/"+name, func(b *testing.B) {
				set, err := source.Open(b.Context(), []string{path}, source.Options{Kind: kind, Names: classes})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(bytes)
				b.ReportAllocs()
				// A run holds texts, tokens and weights, so that memory is seldom
				// collected; without them it would be several times a millisecond.
				ballast := make([]byte, 128<<20)
				defer runtime.KeepAlive(ballast)
				var room []sample.Example
				used, passes := pipetest.CPUTime(b), 0
				for b.Loop() {
					passes++
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
						room = batch.Into(room)
						seen += len(room)
						batch.Release()
					}
					if err := src.Close(); err != nil || seen != rows {
						b.Fatal(seen, err)
					}
				}
				b.ReportMetric(float64(bytes)*float64(passes)/1e6/(pipetest.CPUTime(b)-used).Seconds(), "MB/cpu-s")
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
