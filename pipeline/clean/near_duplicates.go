package clean

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Glossary. Shingles: the sets of neighbouring characters by which texts are
// compared. Signature: one small number for every bin; the share of equal
// numbers estimates the Jaccard similarity of the shingles. Band: some numbers
// of a signature; rows with an equal band are compared, others never.
//
// Sources: Broder, "On the resemblance and containment of documents" (1997);
// Li, Owen and Zhang, "One Permutation Hashing" (NIPS 2012), which takes one
// hash per shingle; Shrivastava, "Optimal Densification for Fast and Accurate
// Minwise Hashing" (ICML 2017), which fills the bins left empty.

const (
	bins = 128
	// A pair of similarity s meets in a band of r bins with probability sʳ.
	mostBandRows = 8
)

var _ = register(Step{
	Name: "near_duplicates",
	Doc:  "drops rows much like one before: MinHash signatures of character shingles, locality-sensitive hashing",
	Params: []Param{
		{Name: "threshold", Default: 0.85, Min: 0.3, Doc: "least similarity (Jaccard, estimated with an error of some 0.03) of a row that goes"},
		{Name: "shingle", Default: 5, Min: 1, Doc: "characters of a shingle"},
		{Name: "labels", Default: true, Doc: "rows with unequal labels are no duplicates"},
		{Name: "rows", Default: 200_000, Min: 2, Doc: "how many rows to remember, some 1.5 kB each; of more, the oldest are forgotten"},
	},
	New: func(a Args) (Op, error) {
		threshold, size, labels, rows := a.Float("threshold"), a.Int("shingle"), a.Bool("labels"), a.Int("rows")
		key := func(dst []byte, ex *sample.Example) []byte {
			text := ex.Text
			if ex.HasPair {
				text += "\x00" + ex.Pair
			}
			dst = sign(text, size).append(dst)
			if labels {
				return labelKey(dst, ex)
			}
			return dst
		}
		return Op{Order: &Order{Key: key, Judge: func() func(string) bool {
			return newNeighbours(threshold, rows).judge
		}}}, nil
	},
})

// signature is the least hash of every bin, cut to 16 bits: two different ones
// are equal by chance once in 65,536.
type signature [bins]uint16

func (s *signature) append(dst []byte) []byte {
	for _, v := range s {
		dst = binary.LittleEndian.AppendUint16(dst, v)
	}
	return dst
}

// sign computes the signature of a text. Case and spaces do not count.
func sign(text string, size int) *signature {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	var least [bins]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	end := 0
	for range size {
		end += width(text, end)
	}
	for start := 0; ; {
		h := xxh3.HashString(text[start:end])
		// The high bits choose the bin, the others the value.
		if bin := h >> (64 - 7); h<<7 < least[bin] {
			least[bin] = h << 7
		}
		if end == len(text) {
			break
		}
		start, end = start+width(text, start), end+width(text, end)
	}
	return densify(&least)
}

// width is the length of the character at i; 0 at the end.
func width(text string, i int) int {
	if i >= len(text) {
		return 0
	}
	_, n := utf8.DecodeRuneInString(text[i:])
	return n
}

// densify fills empty bins: each borrows from a full one, which a walk keyed by
// the empty bin's number finds. At least one bin must be full.
func densify(least *[bins]uint64) *signature {
	var out signature
	for i, v := range least {
		for attempt := uint64(0); v == math.MaxUint64; attempt++ {
			v = least[mix(uint64(i)<<32|attempt)>>(64-7)]
		}
		out[i] = uint16(v >> 48)
	}
	return &out
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// neighbours are the rows kept, by bands.
type neighbours struct {
	least int // equal bins of two rows that are much alike
	rows  int // of a band
	bands *forgetful[uint64, int]
	kept  []string // keys, a ring once it holds all of size
	size  int
	next  int
}

func newNeighbours(threshold float64, memory int) *neighbours {
	n := &neighbours{least: int(math.Ceil(math.Min(threshold, 1) * bins)), rows: bandRows(threshold), size: memory}
	n.bands = remember[uint64, int](2 * memory * (bins / n.rows))
	return n
}

// bandRows returns the largest number of rows with which a pair of the least
// similarity wanted meets in some band with a probability of .99.
func bandRows(threshold float64) int {
	for r := mostBandRows; r > 1; r /= 2 {
		if 1-math.Pow(1-math.Pow(threshold, float64(r)), float64(bins/r)) >= 0.99 {
			return r
		}
	}
	return 1
}

// judge reports whether no row remembered is much like this one, and remembers
// it then.
func (n *neighbours) judge(key string) bool {
	for band := range bins / n.rows {
		if at, ok := n.bands.get(n.band(key, band)); ok && n.alike(n.kept[at], key) {
			return false
		}
	}
	if len(n.kept) < n.size {
		n.kept = append(n.kept, "")
	}
	n.kept[n.next] = strings.Clone(key)
	for band := range bins / n.rows {
		n.bands.put(n.band(key, band), n.next)
	}
	n.next = (n.next + 1) % n.size
	return true
}

// band is the hash of a band and its number; and of the label, so that rows of
// one label alone meet.
func (n *neighbours) band(key string, band int) uint64 {
	bytes := key[2*band*n.rows : 2*(band+1)*n.rows]
	return xxh3.HashString(bytes) ^ mix(uint64(band)) ^ xxh3.HashString(key[2*bins:])
}

func (n *neighbours) alike(a, b string) bool {
	if a[2*bins:] != b[2*bins:] {
		return false
	}
	equal := 0
	for i := 0; i < 2*bins; i += 2 {
		if a[i] == b[i] && a[i+1] == b[i+1] {
			equal++
		}
	}
	return equal >= n.least
}
