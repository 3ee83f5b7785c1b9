package clean

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// A step whose edits do not fit is an error that names step and row.
func TestFaultyEditsAreErrors(t *testing.T) {
	faulty := Op{Edit: func(list edit.List, in Input) edit.List {
		return cut(cut(list, 1, 2, ""), 0, 1, "")
	}}
	c := &Cleaner{memory: new(record.Allocator), steps: []*step{{use: Use{Step: "faulty"}, op: faulty, needs: math.MaxUint64}}}
	c.scratch.New = func() any { return new(scratch) }
	b, err := record.Of(c.memory, []sample.Example{{Row: 7, Text: "abc"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Rows(t.Context(), b)
	if !errors.Is(err, edit.ErrOrder) || !strings.Contains(err.Error(), "step faulty, row 7") {
		t.Errorf("got %v, want ErrOrder that names step and row", err)
	}
	if n := c.memory.Bytes(); n != 0 {
		t.Errorf("%d bytes leak", n)
	}
}

// Whenever a stage is closed or its input fails, nothing is left: no goroutine,
// no memory; the input's error arrives.
func TestStageEndsClean(t *testing.T) {
	boom := errors.New("boom")
	for _, fails := range []error{io.EOF, boom} {
		for take := range 6 {
			synctest.Test(t, func(t *testing.T) {
				var memory record.Allocator
				recipe, err := ParseRecipe([]byte("steps: [case, duplicates]"))
				if err != nil {
					t.Fatal(err)
				}
				c, err := New(Config{Recipe: recipe, Memory: &memory})
				if err != nil {
					t.Fatal(err)
				}
				made := uint64(0)
				src := pipeline.New(func(context.Context) (*record.Batch, error) {
					if made == 10 {
						return nil, fails
					}
					made++
					// Every other batch repeats the one before and disappears.
					return record.Of(&memory, []sample.Example{{Row: made, Text: string(rune('A' + made/2))}})
				}, nil)
				stage := c.Stage(src, 2)
				for range take {
					b, err := stage.Next(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					b.Release()
				}
				synctest.Wait()
				if take == 5 && errors.Is(fails, boom) {
					for range 2 {
						if b, err := stage.Next(t.Context()); err == nil {
							b.Release()
						} else if !errors.Is(err, boom) {
							t.Errorf("%v, want the input's error", err)
						}
					}
				}
				if err := stage.Close(); err != nil && !errors.Is(err, boom) {
					t.Error(err)
				}
				if n := memory.Bytes(); n != 0 {
					t.Errorf("%d bytes leak after %d batches", n, take)
				}
			})
		}
	}
}

// The share of equal bins estimates the Jaccard similarity of the shingles
// without bias, also where there are fewer shingles than bins.
func TestSignaturesEstimateSimilarity(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, length := range []int{40, 200, 1000} {
		bias, square, pairs := 0.0, 0.0, 200
		for range pairs {
			a, b := similar(r, length)
			errs := estimate(a, b) - jaccard(a, b, 5)
			bias += errs / float64(pairs)
			square += errs * errs / float64(pairs)
		}
		if deviation := math.Sqrt(square); math.Abs(bias) > 0.02 || deviation > 0.07 {
			t.Errorf("texts of %d characters: bias %.3f, deviation %.3f", length, bias, deviation)
		}
	}
}

// similar makes a random text and one with some of its characters changed.
func similar(r *rand.Rand, length int) (string, string) {
	a := make([]byte, length)
	for i := range a {
		a[i] = byte('a' + r.IntN(26))
	}
	b := append([]byte(nil), a...)
	for range r.IntN(length / 10) {
		b[r.IntN(length)] = byte('a' + r.IntN(26))
	}
	return string(a), string(b)
}

func estimate(a, b string) float64 {
	equal := 0
	x, y := sign(a, 5), sign(b, 5)
	for i := range x {
		if x[i] == y[i] {
			equal++
		}
	}
	return float64(equal) / bins
}

func jaccard(a, b string, size int) float64 {
	shingles := func(s string) map[string]bool {
		out := map[string]bool{}
		for i := 0; i+size <= len(s); i++ {
			out[s[i:i+size]] = true
		}
		return out
	}
	x, y := shingles(a), shingles(b)
	both := 0
	for s := range x {
		if y[s] {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

// A pair at the threshold meets in some band nearly always.
func TestBandsMeet(t *testing.T) {
	for _, threshold := range []float64{0.3, 0.5, 0.7, 0.85, 0.95, 1} {
		r := bandRows(threshold)
		if p := 1 - math.Pow(1-math.Pow(threshold, float64(r)), float64(bins/r)); p < 0.99 {
			t.Errorf("threshold %g: bands of %d rows meet with probability %.3f", threshold, r, p)
		}
	}
}

// What is remembered is a function of what was put in, and bounded.
func TestForgetful(t *testing.T) {
	m := remember[int, int](10)
	for i := range 1000 {
		m.put(i, i)
		if _, ok := m.get(i - 4); i >= 4 && !ok {
			t.Fatalf("%d is forgotten after 4 more", i-4)
		}
		if n := len(m.young) + len(m.old); n > 10 {
			t.Fatalf("%d entries are held", n)
		}
	}
	if _, ok := m.get(900); ok {
		t.Error("an old entry is remembered")
	}
}

// A text that a step changes has one of the bytes that the step says it needs.
func TestNeeds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	alphabet := []rune("aZ09 \t\n\x00\x7f" + asciiMarks + "éÀ！１。\u0301\u200b＠＃你")
	for _, s := range Steps() {
		args := Args{}
		for _, p := range s.Params {
			args[p.Name] = p.Default
		}
		op, err := s.New(args)
		if err != nil {
			t.Fatal(err)
		}
		if op.Edit == nil || op.Needs == "" {
			continue
		}
		changed := 0
		for range 5000 {
			var text strings.Builder
			few := alphabet[r.IntN(len(alphabet)-3):][:3] // so that many texts lack what is needed
			for range r.IntN(8) {
				text.WriteRune(few[r.IntN(3)])
			}
			text.WriteString([]string{"", "www.a.b", "http://a", "<b>", "&amp;", "x@y.zz", "@a", "#a", "e\u0301"}[r.IntN(9)])
			if len(op.Edit(nil, Input{Text: text.String()})) == 0 {
				continue
			}
			changed++
			if kindsIn(text.String())&kindsIn(op.Needs) == 0 {
				t.Errorf("%s changes %q, which has none of %q", s.Name, text.String(), op.Needs)
			}
		}
		if changed < 50 {
			t.Errorf("%s changed %d texts: the test shows nothing", s.Name, changed)
		}
	}
}
