package clean

import (
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
		return Op{Needs: needs + Beyond, Edit: func(list edit.List, in Input) edit.List { return recase(list, in.Text, from, &ascii, others) }}, nil
	},
})

func recase(list edit.List, text string, from class, ascii *[256]string, others map[rune]string) edit.List {
	for i := 0; i < len(text); {
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
