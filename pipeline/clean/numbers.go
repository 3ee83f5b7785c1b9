package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name: "numbers",
	Doc:  "removes or replaces numbers, dates and times written in digits of any script",
	Params: []Param{
		{Name: "replace", Default: "", Doc: "what to put in place of a number"},
		{Name: "inside", Default: false, Doc: "also the digits inside words (covid19, 1st)"},
	},
	Laws: Laws{},
	New: func(a Args) (Op, error) {
		with, inside := a.String("replace"), a.Bool("inside")
		return Op{Needs: "0" + Beyond, Edit: func(list edit.List, in Input) edit.List { return unnumber(list, in.Text, with, inside) }}, nil
	},
})

func unnumber(list edit.List, text, with string, inside bool) edit.List {
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf && (b < '0' || b > '9') {
			i++
			continue
		}
		end := numberEnd(text, i)
		if end == i { // beyond ASCII, and no digit
			_, n := at(text, i)
			i += n
			continue
		}
		if (inside || !attached(text, i, end)) && text[i:end] != with {
			list = cut(list, i, end, with)
		}
		i = end
	}
	return list
}

// numberEnd returns the end of the number that begins at i: digits, and single
// separators between them.
func numberEnd(text string, i int) int {
	end := skip(text, i, digit)
	for end > i && end < len(text) && strings.IndexByte(".,:/-'", text[end]) >= 0 {
		more := skip(text, end+1, digit)
		if more == end+1 {
			break
		}
		end = more
	}
	return end
}

// attached reports whether a number is part of a word. Scripts without spaces
// have no such words.
func attached(text string, start, end int) bool {
	part := func(c class) bool { return c&inWord != 0 && c&unspaced == 0 }
	return part(classBefore(text, start)) || part(classAt(text, end)) ||
		start > 0 && text[start-1] == '_' || end < len(text) && text[end] == '_'
}
