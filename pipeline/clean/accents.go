package clean

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// Marks of other scripts are vowels, which nothing but a reader can put back.
// Letters that do not decompose (ø, ł, ß) stay.
var _ = register(Step{
	Name: "accents",
	Doc:  "takes accents off Latin, Greek and Cyrillic letters",
	Laws: Laws{Idempotent: true, Local: true},
	New: func(Args) (Op, error) {
		plain := map[rune]string{}
		for r := rune(utf8.RuneSelf); r < 1<<16; r++ {
			if classes[r]&(letter|european) != letter|european {
				continue
			}
			parts := norm.NFD.PropertiesString(string(r)).Decomposition()
			if base, _ := utf8.DecodeRune(parts); len(parts) > 0 && classOf(base)&(letter|european) == letter|european {
				plain[r] = string(base)
			}
		}
		return Op{Needs: Beyond, Edit: func(list edit.List, in Input) edit.List { return unaccent(list, in.Text, plain) }}, nil
	},
})

func unaccent(list edit.List, text string, plain map[rune]string) edit.List {
	base := false // the last character that is no mark takes accents
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			base = classes[b]&letter != 0
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if c := classOf(r); c&mark == 0 {
			base = c&(letter|european) == letter|european
			if with, ok := plain[r]; ok {
				list = cut(list, i, i+n, with)
			}
		} else if base && unicode.Is(unicode.Mn, r) {
			list = cut(list, i, i+n, "")
		}
		i += n
	}
	return list
}
