package clean

import (
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// The simple case mapping of Unicode, one character to one; the longest growth
// is from two bytes to three (U+023A).
var _ = register(Step{
	Name:   "case",
	Doc:    "makes all letters lower case, or upper case",
	Params: []Param{{Name: "to", Default: "lower", Choices: []string{"lower", "upper"}, Doc: "the case"}},
	Laws:   Laws{Idempotent: true, Local: true, Growth: 2},
	New: func(a Args) (Op, error) {
		from, to, needs := capital, unicode.ToLower, "A"
		if a.String("to") == "upper" {
			from, to, needs = small, unicode.ToUpper, "a"
		}
		first := needs[0]     // of the 26 letters of ASCII that change
		var ascii [256]string // "" for what stays
		for b := range rune(utf8.RuneSelf) {
			if to(b) != b {
				ascii[b] = string(to(b))
			}
		}
		others := map[rune]string{}                    // so that putting one in needs no memory
		for r := rune(utf8.RuneSelf); r < 1<<17; r++ { // no cased letters lie beyond
			if to(r) != r {
				others[r] = string(to(r))
			}
		}
		return Op{Needs: needs + Beyond, Edit: func(list edit.List, in Input) edit.List { return recase(list, in.Text, first, from, &ascii, others) }}, nil
	},
})

func recase(list edit.List, text string, first byte, from class, ascii *[256]string, others map[rune]string) edit.List {
	for i := 0; i < len(text); {
		if i = untilLetter(text, i, first); i == len(text) {
			break
		}
		b := text[i]
		if b < utf8.RuneSelf {
			if with := ascii[b]; with != "" {
				list = cut(list, i, i+1, with)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if uint32(r) >= 1<<16 || classes[r]&from != 0 {
			if with, ok := others[r]; ok {
				list = cut(list, i, i+n, with)
			}
		}
		i += n
	}
	return list
}

// untilLetter returns where, from i on, the first byte may lie that is one of the
// 26 from first on or beyond ASCII. It goes by eight bytes: in each, adding what
// lifts first to 0x80, and the byte after the last letter too, leaves the high bits
// different only between the two.
func untilLetter(text string, i int, first byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	low, beyond := uint64(0x80-first)*ones, uint64(0x80-first-26)*ones
	for ; i+8 <= len(text); i += 8 {
		s := text[i : i+8]
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if hit := ((w + low) ^ (w + beyond) | w) & high; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	return i
}
