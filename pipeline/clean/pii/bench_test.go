//go:build unix

package pii_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/record"
)

// corpora are the texts that speed is measured on: the labelled sentences,
// which are full of findings, and plain text without.
func corpora(b *testing.B) map[string][]string {
	b.Helper()
	out := make(map[string][]string)
	for _, l := range presidio(b) {
		out["labelled"] = append(out["labelled"], l.FullText)
	}
	plain, err := os.ReadFile(filepath.Join(shared, "banking77", "train.csv"))
	if err != nil {
		b.Skip("the data set banking77 is not here: ", err)
	}
	out["plain"] = strings.Split(string(plain), "\n")
	return out
}

func BenchmarkFind(b *testing.B) {
	names := sharedNames(b)
	for corpus, texts := range corpora(b) {
		for _, with := range []string{"default", "names"} {
			s := scrubber(b, func(c *pii.Config) {
				if with == "names" {
					c.Names = names
				}
			})
			size := 0
			for _, text := range texts {
				size += len(text)
			}
			b.Run(corpus+"/"+with, func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				before, loops := pipetest.CPUTime(b), 0
				for ; b.Loop(); loops++ {
					for _, text := range texts {
						s.Find(text)
					}
				}
				b.ReportMetric(float64(size*loops)/1e6/(pipetest.CPUTime(b)-before).Seconds(), "MB/cpu-s")
			})
		}
	}
}

// BenchmarkRows is the whole stage: from Arrow to Arrow.
func BenchmarkRows(b *testing.B) {
	for corpus, texts := range corpora(b) {
		b.Run(corpus, func(b *testing.B) {
			var memory record.Allocator
			s := scrubber(b, func(c *pii.Config) { c.Memory = &memory })
			in := batches(b, &memory, texts, record.MaxRows)
			size := 0
			for _, text := range texts {
				size += len(text)
			}
			b.SetBytes(int64(size))
			// A run holds texts, tokens and weights, so that memory is seldom
			// collected; without them it would be several times a millisecond.
			ballast := make([]byte, 128<<20)
			defer runtime.KeepAlive(ballast)
			before, loops := pipetest.CPUTime(b), 0
			for ; b.Loop(); loops++ {
				for _, batch := range in {
					batch.Retain()
					out, err := s.Rows(b.Context(), batch)
					if err != nil {
						b.Fatal(err)
					}
					out.Release()
				}
			}
			b.ReportMetric(float64(size*loops)/1e6/(pipetest.CPUTime(b)-before).Seconds(), "MB/cpu-s")
		})
	}
}
