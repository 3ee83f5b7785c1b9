// Package random is the only source of randomness in ortrain: a counter-based
// generator (Philox4x32-10) whose every draw is a pure function of a key and a
// counter.
//
// Nouns: a Purpose separates independent uses of one run seed; a Stream is a
// sequence of draws keyed by (seed, purpose, epoch, row, copy). Because a draw
// depends on its key and position alone, never on which goroutine asked or in
// which order, the same seed gives the same bytes for any number of workers,
// and a resumed run draws what the uninterrupted one would have drawn.
//
// A Stream is not safe for concurrent use; Philox is a pure function.
//
// Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
// 1, 2, 3" (SC 2011).
package random

import (
	"math"
	"math/bits"
)

// Purpose says what a draw is for, so that two uses of one seed never share
// numbers. The value is part of the on-disk contract of a run: never renumber.
type Purpose uint16

// The purposes in use. Dropout must stay below 16: its value shares a 16-bit
// counter half with the dropout site (see DropoutCounter).
const (
	Dropout Purpose = iota + 1
	Init
	Order
	Split
	Augment
	Perturb
	Evaluate
	Generate
)

const (
	multiplier0 = 0xD2511F53
	multiplier1 = 0xCD9E8D57
	weyl0       = 0x9E3779B9
	weyl1       = 0xBB67AE85
	rounds      = 10
)

// Philox returns the four words of the Philox4x32-10 block for a counter and a
// key.
func Philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	for r := range rounds {
		if r > 0 {
			key[0] += weyl0
			key[1] += weyl1
		}
		hi0, lo0 := bits.Mul32(multiplier0, counter[0])
		hi1, lo1 := bits.Mul32(multiplier1, counter[2])
		counter = [4]uint32{hi1 ^ counter[1] ^ key[0], lo1, hi0 ^ counter[3] ^ key[1], lo0}
	}
	return counter
}

// Key turns a run seed into a Philox key.
func Key(seed uint64) [2]uint32 { return [2]uint32{uint32(seed), uint32(seed >> 32)} }

// DropoutCounter is the counter of the block that holds element (block =
// element/4) of a dropout site. Word element%4 of the block decides; the
// element is kept when that word is at least p·2³².
//
// Layout: c0 and the low half of c1 hold the block number, the high half of c1
// purpose and site, c2 the micro-batch within the step, c3 the step.
func DropoutCounter(block uint64, site uint16, microBatch, step uint32) [4]uint32 {
	tag := uint32(Dropout)<<12 | uint32(site)&0xfff
	return [4]uint32{uint32(block), uint32(block>>32)&0xffff | tag<<16, microBatch, step}
}

// DropoutThreshold is the least word that keeps an element at drop probability
// p: ⌈p·2³²⌉, exactly, since scaling by a power of two does not round. A p so
// close to 1 (or beyond) that no word would be left keeps the largest word only;
// p ≤ 0 and NaN keep every word.
func DropoutThreshold(p float64) uint32 {
	t := math.Ceil(p * (1 << 32))
	switch {
	case !(t > 0):
		return 0
	case t > math.MaxUint32:
		return math.MaxUint32
	}
	return uint32(t)
}

// Stream is a sequence of draws. The zero value is not useful; use New.
type Stream struct {
	key   [2]uint32
	next  uint64
	block [4]uint32
	left  int
}

// New returns the stream keyed by seed, purpose, epoch, row and copy. Equal
// keys give equal streams; any difference gives an independent one.
func New(seed uint64, purpose Purpose, epoch uint32, row uint64, copies uint16) *Stream {
	s := new(Stream)
	s.Reset(seed, purpose, epoch, row, copies)
	return s
}

// Reset turns s into what New returns for the same key, so that a loop over
// rows needs no new Stream for each.
func (s *Stream) Reset(seed uint64, purpose Purpose, epoch uint32, row uint64, copies uint16) {
	derived := Philox(
		[4]uint32{uint32(row), uint32(row >> 32), epoch, uint32(purpose)<<16 | uint32(copies)},
		Key(seed))
	*s = Stream{key: [2]uint32{derived[0], derived[1]}}
}

// Uint32 returns the next 32 random bits.
func (s *Stream) Uint32() uint32 {
	if s.left == 0 {
		s.block = Philox([4]uint32{uint32(s.next), uint32(s.next >> 32)}, s.key)
		s.next++
		s.left = 4
	}
	word := s.block[4-s.left]
	s.left--
	return word
}

// Uint64 returns the next 64 random bits; it makes a Stream a math/rand/v2
// Source.
func (s *Stream) Uint64() uint64 {
	lo := uint64(s.Uint32())
	return uint64(s.Uint32())<<32 | lo
}

// Float64 returns a uniform number in [0, 1) with 53 random bits.
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) * 0x1p-53 }

// IntN returns a uniform integer in [0, n) without bias. It panics if n <= 0.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("random: IntN needs a positive bound")
	}
	// Lemire's multiply-and-reject: the low product word is biased only below
	// 2⁶⁴ mod n.
	bound := uint64(n)
	hi, lo := bits.Mul64(s.Uint64(), bound)
	if lo < bound {
		for threshold := -bound % bound; lo < threshold; {
			hi, lo = bits.Mul64(s.Uint64(), bound)
		}
	}
	return int(hi)
}

// Normal returns a standard normal draw (Box–Muller; two uniforms a draw, so
// that the position in the stream never depends on the values drawn).
func (s *Stream) Normal() float64 {
	u, v := 1-s.Float64(), s.Float64()
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

// Shuffle permutes n elements in place through swap (Fisher–Yates).
func (s *Stream) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.IntN(i+1))
	}
}

// Perm returns a permutation of 0 … n-1.
func (s *Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	s.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}
