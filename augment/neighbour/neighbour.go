// Package neighbour finds, for each word of a model's vocabulary, the words whose
// embeddings lie nearest by cosine.
//
// Nouns: an Input is a word-embedding matrix with its vocabulary; a Table maps a
// word to its neighbours. Path: Build, or Cached for a table kept in a file under
// the hash of its inputs → Table.Lookup.
//
// Only pieces that are whole words of letters take part. The result is exact:
// most pairs are refused by products of 7-bit integers along the principal axes,
// with a bound on what is left out, and the others are computed in float32.
//
// Errors wrap ErrInput and ErrFile. A Table is immutable and safe for concurrent
// use. The package opens no models.
package neighbour

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Errors of this package.
var (
	// ErrInput means that matrix and vocabulary do not fit each other.
	ErrInput = errors.New("embeddings and vocabulary do not fit")
	// ErrFile means that a file is not a table of this package.
	ErrFile = errors.New("malformed neighbour table")
)

// Input is a word-embedding matrix.
type Input struct {
	// Rows is the matrix. Shape: [V, Width].
	Rows  []float32
	Width int
	// Vocabulary has the piece of each row.
	Vocabulary []string
}

// Options bound the neighbours of a word.
type Options struct {
	// Most is how many neighbours a word has at most.
	Most int
	// Least is the smallest cosine.
	Least float64
	// Workers is the number of goroutines; 0: one for each core.
	Workers int
}

// DefaultOptions returns 10 neighbours with a cosine of 0.5 at least.
func DefaultOptions() Options { return Options{Most: 10, Least: 0.5} }

// Neighbour is a word and how near it is.
type Neighbour struct {
	Word   string
	Cosine float32
}

// Table maps words to their neighbours, the nearest first.
type Table struct {
	near map[string][]Neighbour
}

// Len returns the number of words that have neighbours.
func (t *Table) Len() int { return len(t.near) }

// Lookup returns the neighbours of a word.
func (t *Table) Lookup(word string) []Neighbour { return t.near[word] }

// Build finds the neighbours of all words.
func Build(ctx context.Context, in Input, o Options) (*Table, error) {
	v := len(in.Vocabulary)
	if in.Width <= 0 || len(in.Rows) != v*in.Width || v == 0 {
		return nil, fmt.Errorf("neighbour: %d values for %d words of width %d: %w", len(in.Rows), v, in.Width, ErrInput)
	}
	if o.Most < 1 || !(o.Least >= -1 && o.Least <= 1) {
		return nil, fmt.Errorf("neighbour: %d neighbours of cosine %v; at least 1, and -1 to 1: %w", o.Most, o.Least, ErrInput)
	}
	words, rows := wholeWords(in)
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	m := quantize(rows, in.Width, o.Workers)
	found := make([]*search, o.Workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range found {
		found[w] = newSearch(m, o)
		wg.Go(func() {
			for ctx.Err() == nil {
				block := int(next.Add(1)) - 1
				if block*tile >= m.n {
					return
				}
				found[w].block(block * tile)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &Table{near: make(map[string][]Neighbour)}
	for i, word := range words {
		var all []hit
		for _, s := range found {
			all = append(all, s.best[i]...)
		}
		slices.SortFunc(all, compare)
		for _, h := range all[:min(len(all), o.Most)] {
			t.near[word] = append(t.near[word], Neighbour{words[h.row], h.cosine})
		}
	}
	return t, nil
}

// wholeWords picks the words and their rows scaled to length 1.
func wholeWords(in Input) (words []string, rows []float32) {
	mark := ""
	for _, m := range []string{"Ġ", "▁"} { // how byte-pair and sentence pieces begin a word
		if slices.ContainsFunc(in.Vocabulary, func(p string) bool { return strings.HasPrefix(p, m) && len(p) > len(m) }) {
			mark = m
		}
	}
	seen := make(map[string]bool)
	for i, piece := range in.Vocabulary {
		word, ok := strings.CutPrefix(piece, mark)
		if !ok || utf8.RuneCountInString(word) < 2 || seen[word] || strings.ContainsFunc(word, func(c rune) bool { return !unicode.IsLetter(c) }) {
			continue
		}
		row := in.Rows[i*in.Width : (i+1)*in.Width]
		var sum float64
		for _, x := range row {
			sum += float64(x) * float64(x)
		}
		if !(sum > 0) || math.IsInf(sum, 0) {
			continue
		}
		seen[word] = true
		words = append(words, word)
		scale := float32(1 / math.Sqrt(sum))
		for _, x := range row {
			rows = append(rows, x*scale)
		}
	}
	return words, rows
}
