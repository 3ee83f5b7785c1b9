package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name: "spaces",
	Doc:  "turns every run of white space into one space and removes it at both ends",
	Params: []Param{{
		Name: "newlines", Default: "space", Choices: []string{"space", "keep"},
		Doc: "what becomes of a run that breaks the line: a space, or one line break",
	}},
	Laws: Laws{Idempotent: true, Local: true},
	New: func(a Args) (Op, error) {
		lines := a.String("newlines") == "keep"
		return Op{Edit: func(list edit.List, in Input) edit.List { return squeeze(list, in.Text, lines) }}, nil
	},
})

func squeeze(list edit.List, text string, lines bool) edit.List {
	for i := 0; i < len(text); {
		b := text[i]
		// Most of a text is ASCII and single spaces between it.
		if plain(b) || b == ' ' && i > 0 && i+1 < len(text) && plain(text[i+1]) {
			i++
			continue
		}
		end := skip(text, i, space)
		if end == i { // a control character, or one beyond ASCII
			_, n := at(text, i)
			i += n
			continue
		}
		with := " "
		switch {
		case i == 0 || end == len(text):
			with = ""
		case lines && strings.ContainsAny(text[i:end], "\n\r\u0085\u2028\u2029"):
			with = "\n"
		}
		if text[i:end] != with {
			list = cut(list, i, end, with)
		}
		i = end
	}
	return list
}

// plain reports whether a byte is a character of ASCII that shows.
func plain(b byte) bool { return b > ' ' && b < utf8.RuneSelf }
