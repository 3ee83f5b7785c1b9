//go:build unix

package clean_test

import (
	"encoding/csv"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// corpus reads texts of the shared data: banking77 (bank customers' questions).
func corpus(b *testing.B) []sample.Example {
	b.Helper()
	file, err := os.Open(pipetest.Shared(b, "data", "banking77", "train.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	out := make([]sample.Example, 0, len(rows))
	for i, row := range rows[1:] {
		out = append(out, sample.Example{Row: uint64(i), Text: row[0], Label: sample.Class(0)})
	}
	return out[:8*record.MaxRows]
}

// joined puts n texts into one.
func joined(rows []sample.Example, n int) []sample.Example {
	var out []sample.Example
	for part := range slices.Chunk(rows, n) {
		var all []string
		for _, ex := range part {
			all = append(all, ex.Text)
		}
		out = append(out, sample.Example{Row: uint64(len(out)), Text: strings.Join(all, "\n")})
	}
	return out
}

// chinese is Chinese text of the shared data: abstracts of papers.
func chinese(b *testing.B) []sample.Example {
	b.Helper()
	data, err := os.ReadFile(pipetest.Shared(b, "data", "csl-zh", "cls_ctg", "train.tsv"))
	if err != nil {
		b.Fatal(err)
	}
	var out []sample.Example
	for line := range strings.Lines(string(data)) {
		out = append(out, sample.Example{Row: uint64(len(out)), Text: strings.ReplaceAll(line, "\t", " ")})
	}
	return out[:1024]
}

// measure cleans the rows again and again on one goroutine. The rate is that of
// the text that goes in, building the new Arrow batch included.
func measure(b *testing.B, recipe clean.Recipe, rows []sample.Example) {
	b.Helper()
	c, err := clean.New(clean.Config{Recipe: recipe, Samples: 3})
	if err != nil {
		b.Fatal(err)
	}
	var memory record.Allocator
	var batches []*record.Batch
	bytes := 0
	for len(rows) > 0 {
		n := min(len(rows), record.MaxRows)
		for _, ex := range rows[:n] {
			bytes += len(ex.Text)
		}
		batch, err := record.Of(&memory, rows[:n])
		if err != nil {
			b.Fatal(err)
		}
		defer batch.Release()
		batches, rows = append(batches, batch), rows[n:]
	}
	// A run holds texts, tokens and weights, so that memory is seldom collected;
	// without them it would be several times a millisecond.
	ballast := make([]byte, 128<<20)
	defer runtime.KeepAlive(ballast)
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	used, passes := pipetest.CPUTime(b), 0
	for b.Loop() {
		passes++
		for _, in := range batches {
			in.Retain()
			out, err := c.Rows(b.Context(), in)
			if err != nil {
				b.Fatal(err)
			}
			out.Release()
		}
	}
	b.ReportMetric(float64(bytes)*float64(passes)/1e6/(pipetest.CPUTime(b)-used).Seconds(), "MB/cpu-s")
}

func BenchmarkPreset(b *testing.B) {
	for _, name := range clean.Presets() {
		recipe, err := clean.Preset(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) { measure(b, recipe, corpus(b)) })
		b.Run(name+"-long", func(b *testing.B) { measure(b, recipe, joined(corpus(b), 16)) })
		b.Run(name+"-chinese", func(b *testing.B) { measure(b, recipe, chinese(b)) })
	}
}

func BenchmarkStep(b *testing.B) {
	for _, s := range clean.Steps() {
		recipe := clean.Recipe{Steps: []clean.Use{{Step: s.Name}}}
		b.Run(s.Name, func(b *testing.B) { measure(b, recipe, corpus(b)) })
	}
}
