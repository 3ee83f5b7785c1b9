package inspect

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// mark is what is remembered of a text: 32 bytes. Count is above 1 where equal
// rows have been merged.
type mark struct {
	folded, exact, row uint64
	label              uint32 // 0: none
	count              uint32
}

// fingerprint returns the mark of an example. It works in buffer, which it
// returns for the next one.
func fingerprint(buffer []byte, ex *sample.Example) (mark, []byte) {
	p := mark{row: ex.Row, label: labelMark(ex), count: 1}
	if !ex.HasPair {
		p.exact = xxh3.HashString(ex.Text)
		buffer = fold(buffer[:0], ex.Text)
	} else {
		const between = "\x00\xff" // no valid text holds it
		buffer = append(append(append(buffer[:0], ex.Text...), between...), ex.Pair...)
		p.exact = xxh3.Hash(buffer)
		buffer = fold(append(fold(buffer[:0], ex.Text), between...), ex.Pair)
	}
	p.folded = xxh3.Hash(buffer)
	return p, buffer
}

// labelMark is a number of the label that is equal for equal ones.
func labelMark(ex *sample.Example) uint32 {
	var buf [64]byte
	b := append(buf[:0], byte(ex.Label.Kind))
	switch ex.Label.Kind {
	case sample.NoLabel:
		return 0
	case sample.ClassLabel:
		return uint32(ex.Label.Int[0]) + 1
	}
	for _, v := range ex.Label.Int {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	for _, v := range ex.Label.Float {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return uint32(xxh3.Hash(b)) | 1
}

// fold appends a text in lower case, with one space for every run of white space
// and none at the ends.
func fold(dst []byte, text string) []byte {
	start, gap := len(dst), false
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		i += n
		if unicode.IsSpace(r) {
			gap = true
			continue
		}
		if gap && len(dst) > start {
			dst = append(dst, ' ')
		}
		gap = false
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
	}
	return dst
}

// marks are those of one set.
type marks struct {
	all []mark
	// Only texts with folded&mask == 0 are kept, and those that came very often
	// before they could be let go: for how many texts each of them stands.
	mask   uint64
	often  map[uint64]uint64
	limit  int
	pinned int // marks of the texts in often, when they came there
}

// share is the part of all texts that is kept.
func (p *marks) share() float64 { return 1 / float64(p.mask+1) }

// weight is how many texts a text that is kept stands for: one over the chance
// that it was (Horvitz and Thompson 1952).
func (p *marks) weight(folded uint64) int64 {
	if w, ok := p.often[folded]; ok {
		return int64(w)
	}
	return int64(p.mask + 1)
}

func (p *marks) keeps(folded uint64) bool {
	if folded&p.mask == 0 {
		return true
	}
	_, ok := p.often[folded]
	return ok
}

func (p *marks) add(x mark) {
	if len(p.all) >= p.limit {
		p.shrink()
	}
	if p.keeps(x.folded) {
		p.all = append(p.all, x)
	}
}

// mostMask bounds the mask: so many texts let go mean that those kept for coming
// often fill the table, with ever new labels.
const mostMask = 1 << 40

// shrink makes room: equal rows become one, and if a quarter is not free then,
// half of the texts go, those that come very often excepted.
func (p *marks) shrink() {
	p.sort()
	kept := p.all[:0]
	for _, x := range p.all {
		if n := len(kept); n > 0 && kept[n-1].folded == x.folded && kept[n-1].exact == x.exact && kept[n-1].label == x.label && kept[n-1].count < math.MaxUint32-x.count {
			kept[n-1].count += x.count
			continue
		}
		kept = append(kept, x)
	}
	p.all = kept
	if len(p.all) > p.limit/4*3 {
		p.pin()
	}
	for len(p.all) > p.limit/4*3 {
		p.mask = p.mask<<1 | 1
		if p.mask > mostMask {
			p.often = nil
		}
		p.all = slices.DeleteFunc(p.all, func(x mark) bool { return !p.keeps(x.folded) })
	}
}

// pin keeps the texts that have a large part of all rows: what is let go of them
// no estimate could make good. They are few, and have a quarter of the table at
// most.
func (p *marks) pin() {
	total := int64(0)
	for _, x := range p.all {
		total += int64(x.count)
	}
	least := max(2, 16*total/int64(p.limit))
	for all := p.all; len(all) > 0; {
		like := run(all, foldedKey)
		all = all[len(like):]
		_, old := p.often[like[0].folded]
		if old || newGroup(like).count < least || p.pinned+len(like) > p.limit/4 {
			continue
		}
		if p.often == nil {
			p.often = map[uint64]uint64{}
		}
		p.often[like[0].folded] = p.mask + 1
		p.pinned += len(like)
	}
}

// sort brings texts that are equal when folded together, and among them the
// equal ones, and among these the labels.
func (p *marks) sort() {
	slices.SortFunc(p.all, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.folded, b.folded), cmp.Compare(a.exact, b.exact), cmp.Compare(a.label, b.label), cmp.Compare(a.row, b.row))
	})
}

// run returns the first marks of all that have one key.
func run(all []mark, key func(mark) uint64) []mark {
	n := 1
	for n < len(all) && key(all[n]) == key(all[0]) {
		n++
	}
	return all[:n]
}

func foldedKey(p mark) uint64 { return p.folded }
func exactKey(p mark) uint64  { return p.exact }
