package ops_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Every test of this file that compares counts with chances refuses a right
// program with probability alpha; seeds are fixed, so each is right once and for
// all.
const alpha = 1e-4

// criticalChi is the value that χ² with k degrees of freedom exceeds with
// probability alpha (Wilson and Hilferty's approximation).
func criticalChi(k int) float64 {
	const z = 3.719 // of alpha
	d := 2 / (9 * float64(k))
	return float64(k) * math.Pow(1-d+z*math.Sqrt(d), 3)
}

// uniform checks counts that should be equal but for chance.
func uniform(t *testing.T, what string, counts []int) {
	t.Helper()
	total := 0
	for _, n := range counts {
		total += n
	}
	want, chi := float64(total)/float64(len(counts)), 0.0
	for _, n := range counts {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	if limit := criticalChi(len(counts) - 1); chi > limit {
		t.Errorf("%s: χ² = %.1f, above %.1f (α = %g): %v", what, chi, limit, alpha, counts)
	}
}

// copies makes copies of a text with one operator.
func copies(t *testing.T, name string, params map[string]any, text string, n int) []string {
	t.Helper()
	p := augment.DefaultPolicy()
	p.Filters = augment.Filters{}
	p.Operators = []augment.Step{{Name: name, Probability: 1, Weight: 1, Params: params}}
	r, err := augment.New(p, augment.Options{Table: ops.Standard(), Packs: edaPacks(), Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, n)
	for row := range out {
		got, _, err := r.Copy(sample.Example{Row: uint64(row), Text: text}, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		out[row] = got.Text
	}
	return out
}

// edaPacks has three synonyms of each word qa … qt.
func edaPacks() packs {
	p := testPacks()
	var sets []string
	for c := 'a'; c < 'u'; c++ {
		sets = append(sets, fmt.Sprintf("q%c x%c y%c z%c", c, c, c, c))
	}
	wordnet(p["wordnet"], "noun", "n", sets...)
	return p
}

// line has n different words.
func line(n int) string {
	var words []string
	for i := range n {
		words = append(words, "q"+string(rune('a'+i)))
	}
	return strings.Join(words, " ")
}

// n = max(1, αl): the number of words that change, for all lengths and rates.
func TestEDACounts(t *testing.T) {
	for l := 1; l <= 20; l++ {
		for _, rate := range []float64{0.05, 0.1, 0.2, 0.5} {
			n := max(1, int(rate*float64(l)))
			params := map[string]any{"rate": rate}
			for _, got := range copies(t, "synonym", params, line(l), 50) {
				changed := 0
				for i, w := range strings.Fields(got) {
					if w[0] != 'q' && w[1] == byte('a'+i) {
						changed++
					}
				}
				if changed != n || len(strings.Fields(got)) != l {
					t.Fatalf("%d words at rate %v: %d synonyms in %q; want %d", l, rate, changed, got, n)
				}
			}
			for _, got := range copies(t, "insert_synonym", params, line(l), 50) {
				if len(strings.Fields(got)) != l+n {
					t.Fatalf("%d words at rate %v: %q has not %d more", l, rate, got, n)
				}
			}
			for _, got := range copies(t, "swap", params, line(l), 50) {
				moved := 0
				for i, w := range strings.Fields(got) {
					if w[1] != byte('a'+i) {
						moved++
					}
				}
				if moved > 2*n || len(strings.Fields(got)) != l {
					t.Fatalf("%d words at rate %v: %d moved in %q; at most %d", l, rate, moved, got, 2*n)
				}
			}
			most := int(rate*float64(l) + 1)
			for _, got := range copies(t, "aeda", params, line(l), 50) {
				if marks := len(strings.Fields(got)) - l; marks < 1 || marks > most {
					t.Fatalf("%d words at rate %v: %d marks in %q; 1 to %d", l, rate, marks, got, most)
				}
			}
		}
	}
}

// Places and choices are uniform.
func TestEDAChances(t *testing.T) {
	const n, l = 20_000, 10
	one := map[string]any{"rate": 0.1}
	where, which := make([]int, l), make([]int, 3)
	for _, got := range copies(t, "synonym", one, line(l), n) {
		for i, w := range strings.Fields(got) {
			if w[0] != 'q' {
				where[i]++
				which[w[0]-'x']++
			}
		}
	}
	uniform(t, "place of a synonym", where)
	uniform(t, "choice of a synonym", which)

	places, words := make([]int, l+1), make([]int, l)
	for _, got := range copies(t, "insert_synonym", one, line(l), n) {
		for i, w := range strings.Fields(got) {
			if w[0] != 'q' {
				places[i]++
				words[w[1]-'a']++
			}
		}
	}
	uniform(t, "place of an insertion", places)
	uniform(t, "word whose synonym is inserted", words)

	pairs := make(map[string]int)
	for _, got := range copies(t, "swap", one, line(l), n) {
		if got != line(l) {
			pairs[got]++
		}
	}
	var counts []int
	for _, c := range pairs {
		counts = append(counts, c)
	}
	if len(counts) != l*(l-1)/2 {
		t.Errorf("%d pairs are swapped; %d are possible", len(counts), l*(l-1)/2)
	}
	uniform(t, "pair that is swapped", counts)

	marks, at, number := make(map[byte]int), make([]int, l), make([]int, 4)
	for _, got := range copies(t, "aeda", map[string]any{"rate": 0.3}, line(l), n) {
		i, k := 0, 0
		for _, w := range strings.Fields(got) {
			if len(w) == 1 {
				marks[w[0]]++
				at[i]++
				k++
				continue
			}
			i++
		}
		number[k-1]++
	}
	uniform(t, "place of a mark", at)
	uniform(t, "number of marks", number)
	uniform(t, "mark", []int{marks['.'], marks[';'], marks['?'], marks[':'], marks['!'], marks[',']})
}

// Each word goes with probability p, independently: the number that stays is
// binomial, and no place is preferred.
func TestDeleteChances(t *testing.T) {
	const n, l, p = 20_000, 10, 0.2
	gone, left := make([]int, l), make([]int, l+1)
	for _, got := range copies(t, "delete", map[string]any{"rate": p}, line(l), n) {
		left[l-len(strings.Fields(got))]++
		for i := range gone {
			if !strings.Contains(got, "q"+string(rune('a'+i))) {
				gone[i]++
			}
		}
	}
	uniform(t, "place of a deletion", gone)
	chi, cells := 0.0, 0
	for k := range 7 { // more than 6 of 10 go less than once in 1,000
		chance := math.Gamma(l+1) / math.Gamma(float64(k+1)) / math.Gamma(float64(l-k+1)) * math.Pow(p, float64(k)) * math.Pow(1-p, float64(l-k))
		want := chance * n
		chi += (float64(left[k]) - want) * (float64(left[k]) - want) / want
		cells++
	}
	if limit := criticalChi(cells - 1); chi > limit {
		t.Errorf("number of deletions: χ² = %.1f, above %.1f (α = %g): %v", chi, limit, alpha, left)
	}
}
