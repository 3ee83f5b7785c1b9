package ops_test

import (
	"bufio"
	"os"
	"testing"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// sentences are real ones where they are, else made up.
func sentences(tb testing.TB) []sample.Example {
	tb.Helper()
	var out []sample.Example
	f, err := os.Open("../../../shared/data/rotten-tomatoes-mr/rt-polarity.neg")
	if err != nil {
		tb.Skip("no shared data: rotten-tomatoes-mr")
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		out = append(out, sample.Example{Row: uint64(len(out)), Text: s.Text(), Label: sample.Class(0)})
	}
	return out
}

// Units: sentences/s on one core.
func BenchmarkOperators(b *testing.B) {
	rows := sentences(b)
	for _, name := range []string{"swap", "delete", "aeda", "synonym", "typo", "keyboard", "insert_synonym"} {
		b.Run(name, func(b *testing.B) {
			p := augment.DefaultPolicy()
			p.Filters = augment.Filters{}
			p.Operators = []augment.Step{{Name: name, Probability: 1, Weight: 1}}
			r, err := augment.New(p, augment.Options{Table: ops.Standard(), Packs: realPacks(b), Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i, start := 0, pipetest.CPUTime(b)
			for b.Loop() {
				if _, _, err := r.Copy(rows[i%len(rows)], 0, 1); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sentences/s")
			b.ReportMetric(float64(b.N)/(pipetest.CPUTime(b)-start).Seconds(), "sentences/cpu-s") // what other load does not change
		})
	}
}

// realPacks has WordNet without nouns where it is, else the small stand-in.
func realPacks(tb testing.TB) packs {
	tb.Helper()
	p := testPacks()
	delete(p["wordnet"], "index.noun")
	delete(p["wordnet"], "data.noun")
	for name := range p["wordnet"] {
		f, err := os.ReadFile("../../../shared/data/wordnet31-no-nouns/dict/" + name)
		if err == nil {
			p["wordnet"][name] = text(string(f))
		}
	}
	return p
}
