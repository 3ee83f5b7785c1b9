package feed

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// store holds the rows of a data set for random access. It is written once, by
// add, and after seal read by any number of goroutines.
type store struct {
	kind   sample.LabelKind
	rows   []uint64 // ids, ascending
	copies []uint16
	texts  blob    // each text, followed by its pair
	ends   []int64 // where text and pair of a row end
	pairs  []int64 // length of the pair, or -1
	ints   []int64
	floats []float32

	// tokens are kept as far as the budget goes. Whoever makes them puts them
	// here; two that do so at once put the same.
	tokens []atomic.Pointer[tokens]
	budget atomic.Int64 // bytes left
}

type tokens struct {
	ids     []int32
	typeIDs []uint8
}

// tokensOverhead is about what a kept row costs besides its tokens: the two
// slice headers and the rounding up of three allocations. Units: bytes.
const tokensOverhead = 96

func newStore(kind sample.LabelKind, budget int64) *store {
	return &store{kind: kind, texts: blob{limit: budget}}
}

func (s *store) len() int { return len(s.rows) }

// add copies rows in.
func (s *store) add(examples []sample.Example) error {
	for _, ex := range examples {
		if len(s.rows) == math.MaxInt32 {
			return fmt.Errorf("feed: more than %d rows in one data set; split it: %w", math.MaxInt32, ErrConfig)
		}
		s.rows = append(s.rows, ex.Row)
		s.copies = append(s.copies, ex.Copy)
		if err := s.texts.append(ex.Text); err != nil {
			return err
		}
		pair := int64(-1)
		if ex.HasPair {
			pair = int64(len(ex.Pair))
			if err := s.texts.append(ex.Pair); err != nil {
				return err
			}
		}
		s.pairs = append(s.pairs, pair)
		s.ends = append(s.ends, s.texts.size)
		s.addLabel(ex.Label)
	}
	return nil
}

func (s *store) addLabel(label sample.Label) {
	switch s.kind {
	case sample.ClassLabel:
		class := int64(sample.Ignore)
		if label.Kind == sample.ClassLabel {
			class = label.Int[0]
		}
		s.ints = append(s.ints, class)
	case sample.ValueLabel:
		value := float32(math.NaN()) // no label; the data cannot hold this
		if label.Kind == sample.ValueLabel {
			value = label.Float[0]
		}
		s.floats = append(s.floats, value)
	}
}

// seal ends writing.
func (s *store) seal() error {
	s.tokens = make([]atomic.Pointer[tokens], len(s.rows))
	s.budget.Store(s.texts.limit - s.texts.held)
	return s.texts.flush()
}

func (s *store) close() error { return s.texts.close() }

// span returns where the text of a place begins and how long it and its pair
// are; the pair's length is -1 if there is none.
func (s *store) span(place uint32) (from int64, text, pair int) {
	if place > 0 {
		from = s.ends[place-1]
	}
	pair = int(s.pairs[place])
	return from, int(s.ends[place]-from) - max(pair, 0), pair
}

func (s *store) label(place uint32) sample.Label {
	switch s.kind {
	case sample.ClassLabel:
		if s.ints[place] != sample.Ignore {
			return sample.Label{Kind: s.kind, Int: s.ints[place : place+1 : place+1]}
		}
	case sample.ValueLabel:
		if v := s.floats[place]; v == v {
			return sample.Label{Kind: s.kind, Float: s.floats[place : place+1 : place+1]}
		}
	}
	return sample.Label{}
}

func (s *store) example(place uint32) (ex sample.Example, err error) {
	from, text, pair := s.span(place)
	ex = sample.Example{Row: s.rows[place], Copy: s.copies[place], HasPair: pair >= 0, Label: s.label(place)}
	if ex.Text, err = s.texts.read(from, text); err == nil && ex.HasPair {
		ex.Pair, err = s.texts.read(from+int64(text), pair)
	}
	return ex, err
}

// sequence returns the tokens of a row, kept or made.
func (s *store) sequence(place uint32, tok *tokenize.Tokenizer, maxLength int) (collate.Sequence, error) {
	seq := collate.Sequence{Row: s.rows[place], Copy: s.copies[place], Label: s.label(place)}
	if kept := s.tokens[place].Load(); kept != nil {
		seq.IDs, seq.TypeIDs = kept.ids, kept.typeIDs
		return seq, nil
	}
	ex, err := s.example(place)
	if err != nil {
		return seq, err
	}
	var e tokenize.Encoding
	if ex.HasPair {
		e, err = tok.EncodePair(ex.Text, ex.Pair, tokenize.Options{MaxLength: maxLength})
	} else {
		e, err = tok.Encode(ex.Text, tokenize.Options{MaxLength: maxLength})
	}
	if err != nil {
		return seq, fmt.Errorf("feed: row %d: %w", ex.Row, err)
	}
	seq.IDs, seq.TypeIDs = e.IDs, e.TypeIDs
	if cost := int64(5*len(e.IDs) + tokensOverhead); s.budget.Add(-cost) >= 0 {
		s.tokens[place].Store(&tokens{e.IDs, e.TypeIDs})
	} else {
		s.budget.Add(cost)
	}
	return seq, nil
}
