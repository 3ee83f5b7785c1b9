package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Split returns the rows to train on and those that Config.HeldOut holds out,
// about that fraction of every class. A hash of a row's text decides, so equal
// texts fall on one side, and rows keep their side when others are appended.
//
// Two rules go before the hash: every class keeps a text to train on, and a
// class with several texts has one held out.
//
// Rows without a label are never among those held out, which they could not be
// compared with: they are trained on, whatever their hash. Only those with the
// text of a row that is held out are in neither part, so that no text is on both
// sides.
func (f *Feed) Split() (train, held *Feed, err error) {
	if f.cfg.HeldOut == 0 {
		return nil, nil, fmt.Errorf("feed: no share is held out; set HeldOut before Open: %w", ErrSplit)
	}
	starts := f.data.starts
	train = f.only(newSubset(f.rows.bits.minus(f.data.held), starts))
	held = f.only(newSubset(f.rows.bits.and(f.data.held), starts)).Labelled()
	if train.Rows() == 0 || held.Rows() == 0 {
		return nil, nil, fmt.Errorf("feed: a validation split of %g of %d rows leaves %d to train on and %d to validate on; at least 1 each is needed: %w",
			f.cfg.HeldOut, f.Rows(), train.Rows(), held.Rows(), ErrSplit)
	}
	return train, held, nil
}

// textHash is the first eight bytes of the SHA-256 of text, NUL, pair.
func textHash(ex sample.Example) uint64 {
	if ex.Tokens != nil {
		return ex.Tokens.TextHash
	}
	sum := sha256.Sum256([]byte(ex.Text + "\x00" + ex.Pair))
	return binary.BigEndian.Uint64(sum[:])
}

// textBytes is the length of the texts. Units: bytes.
func textBytes(ex sample.Example) int64 {
	if ex.Tokens != nil {
		return ex.Tokens.TextBytes
	}
	return int64(len(ex.Text) + len(ex.Pair))
}

// sides decides where a text goes. Its memory is two hashes for each class.
type sides struct {
	limit   float64 // 0 holds nothing out
	classes []extent
}

// extent is the least and the greatest hash of the texts of a class.
type extent struct {
	seen            bool
	lowest, highest uint64
}

func newSides(cfg Config) sides {
	s := sides{limit: cfg.HeldOut}
	if cfg.Kind == sample.ClassLabel {
		s.classes = make([]extent, len(cfg.Names))
	}
	return s
}

// see takes note of a row and says whether its hash, which it returns, holds it
// out.
func (s sides) see(ex sample.Example) (hash uint64, held bool) {
	if s.limit == 0 {
		return 0, false
	}
	hash = textHash(ex)
	if s.classes != nil && ex.Label.Kind == sample.ClassLabel {
		c := &s.classes[ex.Label.Int[0]]
		if !c.seen || hash < c.lowest {
			c.lowest = hash
		}
		if !c.seen || hash > c.highest {
			c.highest = hash
		}
		c.seen = true
	}
	return hash, s.isHeld(hash)
}

func (s sides) isHeld(hash uint64) bool { return float64(hash>>11)*0x1p-53 < s.limit }

// exceptions returns the texts for which not the hash decides, so that no class
// lies wholly on one side, and the side of each.
func (s sides) exceptions() map[uint64]bool {
	held := map[uint64]bool{}
	isHeld := func(hash uint64) bool {
		if h, ok := held[hash]; ok {
			return h
		}
		return s.isHeld(hash)
	}
	for _, c := range s.classes {
		if c.seen && c.lowest != c.highest && !isHeld(c.lowest) {
			held[c.lowest] = true
		}
	}
	// Last, and so stronger: what is validated must have been trained.
	for _, c := range s.classes {
		if c.seen && isHeld(c.highest) {
			held[c.highest] = false
		}
	}
	return held
}

// Splitter finds the sides of rows that no Feed reads, by the rules of Split:
// See every row, then Settle, then ask HeldOut. It tells no row without a label
// from others; who has such rows asks for the labelled ones only.
type Splitter struct {
	sides sides
	moved map[uint64]bool
}

// NewSplitter holds out a share of the rows of each of so many classes; 0
// classes stand for rows without any.
func NewSplitter(share float64, classes int) (*Splitter, error) {
	if !(share > 0 && share < 1) {
		return nil, fmt.Errorf("feed: a share of %g is held out; more than 0 and less than 1 is expected: %w", share, ErrSplit)
	}
	s := &Splitter{sides: sides{limit: share}}
	if classes > 0 {
		s.sides.classes = make([]extent, classes)
	}
	return s, nil
}

// See takes note of a row.
func (s *Splitter) See(ex sample.Example) { s.sides.see(ex) }

// Settle ends what See began.
func (s *Splitter) Settle() { s.moved = s.sides.exceptions() }

// HeldOut returns the side of a row.
func (s *Splitter) HeldOut(ex sample.Example) bool {
	hash := textHash(ex)
	if held, ok := s.moved[hash]; ok {
		return held
	}
	return s.sides.isHeld(hash)
}
