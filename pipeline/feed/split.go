package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Split parts the rows into training and held-out ones, the latter about the
// given fraction of every class. A hash of a row's text decides, so equal texts
// fall on one side, and rows keep their side when others are appended.
//
// Two rules go before the hash: every class keeps a text to train on, and a
// class with several texts has one held out.
func (f *Feed) Split(fraction float64) (train, held *Feed, err error) {
	if !(fraction > 0 && fraction < 1) {
		return nil, nil, fmt.Errorf("feed: a validation split of %g; more than 0 and less than 1 is expected: %w", fraction, ErrSplit)
	}
	hashes := make([]uint64, len(f.rows))
	for i, place := range f.rows {
		ex, err := f.store.example(place)
		if err != nil {
			return nil, nil, err
		}
		hashes[i] = textHash(ex)
	}
	side := sides{limit: fraction, held: map[uint64]bool{}}
	if f.cfg.Kind == sample.ClassLabel {
		side.keepClasses(f, hashes)
	}
	train = &Feed{cfg: f.cfg, store: f.store}
	held = &Feed{cfg: f.cfg, store: f.store}
	for i, place := range f.rows {
		part := train
		if side.isHeld(hashes[i]) {
			part = held
		}
		part.rows = append(part.rows, place)
	}
	if len(train.rows) == 0 || len(held.rows) == 0 {
		return nil, nil, fmt.Errorf("feed: a validation split of %g of %d rows leaves %d to train on and %d to validate on; at least 1 each is needed: %w",
			fraction, len(f.rows), len(train.rows), len(held.rows), ErrSplit)
	}
	return train, held, nil
}

// textHash is the first eight bytes of the SHA-256 of text, NUL, pair.
func textHash(ex sample.Example) uint64 {
	sum := sha256.Sum256([]byte(ex.Text + "\x00" + ex.Pair))
	return binary.BigEndian.Uint64(sum[:])
}

// sides decides where a text goes.
type sides struct {
	limit float64
	held  map[uint64]bool // texts for which the hash does not decide
}

func (s sides) isHeld(hash uint64) bool {
	if held, ok := s.held[hash]; ok {
		return held
	}
	return float64(hash>>11)*0x1p-53 < s.limit
}

// keepClasses makes sure that no class lies wholly on one side.
func (s sides) keepClasses(f *Feed, hashes []uint64) {
	type extent struct {
		seen            bool
		lowest, highest uint64
	}
	classes := make([]extent, len(f.cfg.Names))
	for i, place := range f.rows {
		label := f.store.label(place)
		if label.Kind != sample.ClassLabel {
			continue
		}
		c := &classes[label.Int[0]]
		if !c.seen || hashes[i] < c.lowest {
			c.lowest = hashes[i]
		}
		if !c.seen || hashes[i] > c.highest {
			c.highest = hashes[i]
		}
		c.seen = true
	}
	for _, c := range classes {
		if c.seen && c.lowest != c.highest && !s.isHeld(c.lowest) {
			s.held[c.lowest] = true
		}
	}
	// Last, and so stronger: what is validated must have been trained.
	for _, c := range classes {
		if c.seen && s.isHeld(c.highest) {
			s.held[c.highest] = false
		}
	}
}
