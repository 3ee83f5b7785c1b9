package feed

import (
	"math/bits"
	"slices"
)

// bitset has one bit for each row of the data, dropped ones included.
type bitset []uint64

// set grows the set as needed.
func (b *bitset) set(row uint64) {
	word := int(row / 64)
	if word >= len(*b) {
		*b = append(slices.Grow(*b, word+1-len(*b)), make([]uint64, word+1-len(*b))...)
	}
	(*b)[word] |= 1 << (row % 64)
}

func (b bitset) clear(row uint64) {
	if word := int(row / 64); word < len(b) {
		b[word] &^= 1 << (row % 64)
	}
}

func (b bitset) has(row uint64) bool {
	word := int(row / 64)
	return word < len(b) && b[word]>>(row%64)&1 == 1
}

// word returns word i with the bits outside [from, to) cleared.
func (b bitset) word(i int, from, to uint64) uint64 {
	if i >= len(b) {
		return 0
	}
	w := b[i]
	if low := uint64(i) * 64; low < from {
		w &= ^uint64(0) << (from - low)
	}
	if high := uint64(i)*64 + 64; high > to {
		w &= ^uint64(0) >> (high - to)
	}
	return w
}

// count returns how many of the rows from one to before another are set.
func (b bitset) count(from, to uint64) int {
	n := 0
	for i := int(from / 64); uint64(i)*64 < to; i++ {
		n += bits.OnesCount64(b.word(i, from, to))
	}
	return n
}

// nth returns the set row that has n set rows before it among those from from
// on, and whether there is one before to.
func (b bitset) nth(n int, from, to uint64) (row uint64, ok bool) {
	for i := int(from / 64); uint64(i)*64 < to; i++ {
		w := b.word(i, from, to)
		if here := bits.OnesCount64(w); n >= here {
			n -= here
			continue
		}
		for ; n > 0; n-- {
			w &= w - 1
		}
		return uint64(i)*64 + uint64(bits.TrailingZeros64(w)), true
	}
	return 0, false
}

// minus returns the rows of b that are not in other.
func (b bitset) minus(other bitset) bitset {
	out := slices.Clone(b)
	for i := range min(len(out), len(other)) {
		out[i] &^= other[i]
	}
	return out
}

// and returns the rows of both.
func (b bitset) and(other bitset) bitset {
	out := slices.Clone(b[:min(len(b), len(other))])
	for i := range out {
		out[i] &= other[i]
	}
	return out
}

// subset is some rows of the data and how many of them each part has.
type subset struct {
	bits bitset
	// before[p] is how many rows the parts before p have; the last one is all.
	before []int
}

// newSubset counts. starts[p] is the first row of part p; the last one ends the
// data.
func newSubset(b bitset, starts []uint64) subset {
	s := subset{bits: b, before: make([]int, len(starts))}
	for p := range len(starts) - 1 {
		s.before[p+1] = s.before[p] + b.count(starts[p], starts[p+1])
	}
	return s
}

func (s subset) len() int { return s.before[len(s.before)-1] }

// rows is how many of the subset lie in part p.
func (s subset) rows(p int) int { return s.before[p+1] - s.before[p] }

// first returns the subset's first n rows.
func (s subset) first(n int, starts []uint64) subset {
	if n >= s.len() {
		return s
	}
	end, _ := s.bits.nth(n, 0, starts[len(starts)-1])
	b := slices.Clone(s.bits[:end/64+1])
	b[end/64] = b.word(int(end/64), 0, end)
	return newSubset(b, starts)
}
