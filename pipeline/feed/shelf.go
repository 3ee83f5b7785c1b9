package feed

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// shelf holds rows for random access by their place on it. It is written by one
// goroutine, by add, and after seal read by any number.
type shelf struct {
	kind  sample.LabelKind
	rows  []uint64
	texts blob    // each text, followed by its pair
	ends  []int64 // where text and pair of a row end
	pairs []int64 // length of the pair, or -1
	// Labels by kind: one integer or float for each row, or a stretch of either
	// that labelEnds closes.
	ints      []int64
	floats    []float32
	labelEnds []int
	// words are start and end of each, for rows with tags.
	words    []int32
	wordEnds []int
	// carried are the tokens of rows that came with them; nil, or shorter than
	// rows, where there are none.
	carried      []*sample.Tokens
	carriedBytes int64

	// tokens are kept as far as the budget goes. Whoever makes them puts them
	// here; two that do so at once put the same. Nil keeps none.
	tokens []atomic.Pointer[collate.Sequence]
	budget atomic.Int64 // bytes left
}

// What a row costs besides its texts: the columns above; and what kept tokens
// cost besides themselves: the Sequence and the rounding up of its slices.
// Units: bytes.
const (
	rowOverhead    = 48
	tokensOverhead = 200
)

func (s *shelf) len() int { return len(s.rows) }

// bytes is about what the shelf holds.
func (s *shelf) bytes() int64 {
	return s.carriedBytes + s.texts.size + rowOverhead*int64(len(s.rows)) + 8*int64(len(s.ints)) + 4*int64(len(s.floats)+len(s.words))
}

// add copies a row in.
func (s *shelf) add(ex sample.Example) {
	s.rows = append(s.rows, ex.Row)
	s.texts.append(ex.Text)
	pair := int64(-1)
	if ex.HasPair {
		pair = int64(len(ex.Pair))
		s.texts.append(ex.Pair)
	}
	s.pairs = append(s.pairs, pair)
	s.ends = append(s.ends, s.texts.size)
	s.addLabel(ex)
	s.carry(ex.Tokens)
}

// carry copies the tokens of the last row in.
func (s *shelf) carry(t *sample.Tokens) {
	if t == nil {
		return
	}
	s.carried = append(s.carried, make([]*sample.Tokens, len(s.rows)-len(s.carried))...)
	s.carried[len(s.rows)-1] = &sample.Tokens{
		IDs: slices.Clone(t.IDs), TypeIDs: slices.Clone(t.TypeIDs), Labels: slices.Clone(t.Labels), Ends: slices.Clone(t.Ends),
		TextHash: t.TextHash, TextBytes: t.TextBytes,
	}
	s.carriedBytes += int64(5*len(t.IDs)+8*len(t.Labels)+4*len(t.Ends)) + tokensOverhead
}

// tokensOf returns the tokens that the row at a place came with, or nil.
func (s *shelf) tokensOf(place uint32) *sample.Tokens {
	if int(place) < len(s.carried) {
		return s.carried[place]
	}
	return nil
}

func (s *shelf) addLabel(ex sample.Example) {
	label := ex.Label
	switch s.kind {
	case sample.ClassLabel:
		class := int64(sample.Ignore)
		if label.Kind == s.kind {
			class = label.Int[0]
		}
		s.ints = append(s.ints, class)
	case sample.ValueLabel:
		value := float32(math.NaN()) // no label; the data cannot hold this
		if label.Kind == s.kind {
			value = label.Float[0]
		}
		s.floats = append(s.floats, value)
	case sample.MultiLabel:
		s.floats = append(s.floats, label.Float...)
		s.labelEnds = append(s.labelEnds, len(s.floats))
	case sample.TagLabel, sample.SpanLabel:
		s.ints = append(s.ints, label.Int...)
		s.labelEnds = append(s.labelEnds, len(s.ints))
		for _, w := range ex.Words {
			s.words = append(s.words, int32(w.Start), int32(w.End))
		}
		s.wordEnds = append(s.wordEnds, len(s.words))
	}
}

// seal ends writing; tokens are kept within a budget.
func (s *shelf) seal(budget int64) {
	s.tokens = make([]atomic.Pointer[collate.Sequence], len(s.rows))
	s.budget.Store(budget)
}

// bounds is where the values of a place lie among those of all.
func bounds(ends []int, place uint32) (from, to int) {
	if place > 0 {
		from = ends[place-1]
	}
	return from, ends[place]
}

func (s *shelf) label(place uint32) sample.Label {
	none := sample.Label{}
	switch s.kind {
	case sample.ClassLabel:
		if s.ints[place] != sample.Ignore {
			return sample.Label{Kind: s.kind, Int: s.ints[place : place+1 : place+1]}
		}
	case sample.ValueLabel:
		if v := s.floats[place]; v == v {
			return sample.Label{Kind: s.kind, Float: s.floats[place : place+1 : place+1]}
		}
	case sample.MultiLabel:
		if from, to := bounds(s.labelEnds, place); to > from {
			return sample.Label{Kind: s.kind, Float: s.floats[from:to:to]}
		}
	case sample.TagLabel, sample.SpanLabel:
		if from, to := bounds(s.labelEnds, place); to > from {
			return sample.Label{Kind: s.kind, Int: s.ints[from:to:to]}
		}
	}
	return none
}

// example returns the row at a place; its text is a copy.
func (s *shelf) example(place uint32) sample.Example {
	from := int64(0)
	if place > 0 {
		from = s.ends[place-1]
	}
	pair := max(s.pairs[place], 0)
	middle := s.ends[place] - pair
	ex := sample.Example{
		Row: s.rows[place], Label: s.label(place), HasPair: s.pairs[place] >= 0, Tokens: s.tokensOf(place),
		Text: s.texts.read(from, int(middle-from)), Pair: s.texts.read(middle, int(pair)),
	}
	if s.wordEnds != nil {
		from, to := bounds(s.wordEnds, place)
		for at := from; at < to; at += 2 {
			ex.Words = append(ex.Words, sample.Range{Start: int(s.words[at]), End: int(s.words[at+1])})
		}
	}
	return ex
}

// sequence returns the tokens of a row: what it came with, kept or made.
func (s *shelf) sequence(place uint32, e encoder) (collate.Sequence, error) {
	if t := s.tokensOf(place); t != nil {
		return carried(sample.Example{Row: s.rows[place], Label: s.label(place), Tokens: t}), nil
	}
	if s.tokens != nil {
		if kept := s.tokens[place].Load(); kept != nil {
			return *kept, nil
		}
	}
	seq, err := e.sequence(s.example(place))
	if err != nil || s.tokens == nil {
		return seq, err
	}
	cost := cost(seq)
	if s.budget.Add(-cost) >= 0 {
		s.tokens[place].Store(&seq)
	} else {
		s.budget.Add(cost)
	}
	return seq, nil
}

// cost is about what keeping a sequence takes. Units: bytes.
func cost(seq collate.Sequence) int64 {
	n := int64(5*len(seq.IDs)+8*len(seq.Label.Int)) + tokensOverhead
	for _, w := range seq.Rest {
		n += cost(w)
	}
	return n
}

// blob is bytes in memory, in pieces of one size so that growing copies nothing.
type blob struct {
	size   int64
	blocks [][]byte // all full but the last
}

// blockSize is that of a piece. Units: bytes.
const blockSize = 1 << 18

// append adds s at offset size.
func (b *blob) append(s string) {
	b.size += int64(len(s))
	for s != "" {
		last := len(b.blocks) - 1
		if last < 0 || len(b.blocks[last]) == blockSize {
			b.blocks = append(b.blocks, nil)
			last++
		}
		n := min(len(s), blockSize-len(b.blocks[last]))
		b.blocks[last] = append(b.blocks[last], s[:n]...)
		s = s[n:]
	}
}

// read returns a copy of n bytes from an offset.
func (b *blob) read(offset int64, n int) string {
	if n == 0 {
		return ""
	}
	if from := b.blocks[offset/blockSize][offset%blockSize:]; len(from) >= n {
		return string(from[:n])
	}
	out := make([]byte, 0, n)
	for len(out) < n {
		at := offset + int64(len(out))
		from := b.blocks[at/blockSize][at%blockSize:]
		out = append(out, from[:min(len(from), n-len(out))]...)
	}
	return string(out)
}
