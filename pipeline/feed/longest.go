package feed

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// longest gathers the rows with the longest texts.
type longest struct {
	limit int // rows
	cut   int // bytes of a text that are kept
	rows  []sample.Example
	bytes []int
	least int // no shorter text is needed any more
	// tokens are the lengths of the longest sequences that rows came with.
	tokens []int
}

// What is kept to find the longest sequences: this many batches of the longest
// texts, and of each text as much as could be the longest sequence of tokens
// that are unusually long. Units: batches, bytes for each token.
const (
	longestOf    = 8
	longestToken = 32
)

func newLongest(cfg Config) longest {
	return longest{limit: longestOf * cfg.BatchSize, cut: longestToken * cfg.MaxLength}
}

// see takes note of a row.
func (l *longest) see(ex sample.Example) {
	if ex.Tokens != nil {
		l.seeTokens(carried(ex))
		return
	}
	n := min(len(ex.Text), l.cut) + min(len(ex.Pair), l.cut)
	if n <= l.least && len(l.rows) >= l.limit {
		return
	}
	l.rows = append(l.rows, sample.Example{Row: ex.Row, Text: head(ex.Text, l.cut), Pair: head(ex.Pair, l.cut), HasPair: ex.HasPair})
	l.bytes = append(l.bytes, n)
	if len(l.rows) >= 2*l.limit {
		l.trim()
	}
}

// seeTokens takes note of a row that came with its tokens.
func (l *longest) seeTokens(seq collate.Sequence) {
	l.tokens = appendLengths(l.tokens, seq)
	if len(l.tokens) >= 2*l.limit {
		l.tokens = longestFirst(l.tokens)[:l.limit]
	}
}

// appendLengths adds the lengths of the windows of a row.
func appendLengths(to []int, seq collate.Sequence) []int {
	to = append(to, len(seq.IDs))
	for _, w := range seq.Rest {
		to = append(to, len(w.IDs))
	}
	return to
}

// longestFirst sorts lengths.
func longestFirst(n []int) []int {
	slices.SortFunc(n, func(a, b int) int { return b - a })
	return n
}

// head copies up to n bytes of a text, and never a part of a character.
func head(text string, n int) string {
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return strings.Clone(text)
}

// trim forgets all but the longest.
func (l *longest) trim() {
	by := make([]int, len(l.rows))
	for i := range by {
		by[i] = i
	}
	slices.SortStableFunc(by, func(a, b int) int { return l.bytes[b] - l.bytes[a] })
	by = by[:min(len(by), l.limit)]
	rows, sizes := make([]sample.Example, len(by)), make([]int, len(by))
	for i, at := range by {
		rows[i], sizes[i] = l.rows[at], l.bytes[at]
	}
	l.rows, l.bytes = rows, sizes
	if len(sizes) > 0 {
		l.least = sizes[len(sizes)-1]
	}
}

// lengths are the numbers of tokens of the longest sequences, found when they
// are first asked for.
type lengths struct {
	mu   sync.Mutex
	rows []sample.Example
	// carried are those of rows that came with their tokens.
	carried []int
	tokens  []int // longest first
}

// of returns up to n lengths.
func (l *lengths) of(e encoder, n int) ([]int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tokens == nil {
		for _, ex := range l.rows {
			seq, err := e.sequence(ex)
			if err != nil {
				return nil, err
			}
			l.tokens = appendLengths(l.tokens, seq)
		}
		l.tokens = longestFirst(append(l.tokens, l.carried...))
		l.rows, l.carried = nil, nil
	}
	return l.tokens[:min(len(l.tokens), n)], nil
}

// findLongest reads the rows of a part for the longest, unless that is done.
func (f *Feed) findLongest(ctx context.Context) error {
	f.longest.mu.Lock()
	defer f.longest.mu.Unlock()
	if f.longest.tokens != nil || f.longest.rows != nil || f.longest.carried != nil {
		return nil
	}
	l := newLongest(f.cfg)
	if err := f.each(ctx, l.see); err != nil {
		return err
	}
	l.trim()
	f.longest.rows, f.longest.carried = l.rows, l.tokens
	return nil
}
