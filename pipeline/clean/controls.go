package clean

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// shown are characters of category Cf that readers see, or that the step spares
// for other reasons.
var shown = []rune{0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}

// fillers take space or none, and are in category Lo for want of a better.
var fillers = []rune{0x115F, 0x3164, 0xFFA0}

const joiner, nonJoiner = 0x200D, 0x200C

var _ = register(Step{
	Name: "controls",
	Doc:  "removes control, zero-width and direction characters, white space excepted",
	Params: []Param{{
		Name: "joiners", Default: false,
		Doc: "remove U+200C and U+200D too, which Persian, Indic scripts and emoji need",
	}},
	Laws: Laws{Idempotent: true, Local: true},
	New: func(a Args) (Op, error) {
		joiners := a.Bool("joiners")
		var suspect [256]bool // first bytes
		for b := range suspect {
			r := rune(b)
			suspect[b] = r < ' ' && classes[r]&space == 0 || r == 0x7F || r > 0x7F
		}
		return Op{Needs: "\x00" + Beyond, Edit: func(list edit.List, in Input) edit.List {
			text := in.Text
			for i := 0; i < len(text); {
				if !suspect[text[i]] {
					i++
					continue
				}
				r, n := at(text, i)
				if r < utf8.RuneSelf || invisible(r, joiners) {
					list = cut(list, i, i+n, "")
				}
				i += n
			}
			return list
		}}, nil
	},
})

// invisible reports whether a character beyond ASCII goes.
func invisible(r rune, joiners bool) bool {
	switch {
	case r == joiner || r == nonJoiner:
		return joiners
	case r < 1<<16 && classes[r]&^(letter) != 0, r == 0x85:
		return false // whatever is known for something else
	case unicode.In(r, unicode.Cf, unicode.Cc):
		return !slices.Contains(shown, r)
	}
	return slices.Contains(fillers, r)
}
