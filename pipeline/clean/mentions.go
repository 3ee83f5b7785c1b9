package clean

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// named are the parameters of steps about a sign and the name behind it.
func named(action, replace string) []Param {
	return []Param{
		{Name: "action", Default: action, Choices: []string{"remove", "word", "replace"}, Doc: "remove sign and name, keep the word without the sign, or replace both"},
		{Name: "replace", Default: replace, Doc: "what to put in place of both"},
	}
}

var _ = register(Step{
	Name:   "mentions",
	Doc:    "removes, bares or replaces names behind an at sign",
	Params: named("remove", "@user"),
	New: func(a Args) (Op, error) {
		action, with := a.String("action"), a.String("replace")
		return Op{Needs: "@" + Beyond, Edit: func(list edit.List, in Input) edit.List {
			return signs(list, in.Text, "@＠", func(list edit.List, sign, name, end int) edit.List {
				switch {
				case action == "word":
					return cut(list, sign, name, "")
				case action == "remove":
					return cut(list, sign, end, "")
				case in.Text[sign:end] != with:
					return cut(list, sign, end, with)
				}
				return list
			})
		}}, nil
	},
})

// signs calls found for every sign with a name behind it and no word before.
// The second character of both is the full-width form of the first.
func signs(list edit.List, text, both string, found func(list edit.List, sign, name, end int) edit.List) edit.List {
	for i := 0; i < len(text); {
		next := nextSign(text[i:], both)
		if next < 0 {
			break
		}
		sign := i + next
		_, n := at(text, sign)
		name := sign + n
		i = name
		if end := wordEnd(text, name); end > name && !follows(text, sign) {
			list = found(list, sign, name, end)
			i = end
		}
	}
	return list
}

// nextSign is strings.IndexAny, at the speed of a search for single bytes.
func nextSign(text, both string) int {
	i := strings.IndexByte(text, both[0])
	if i < 0 {
		return strings.Index(text, both[1:])
	}
	if wide := strings.Index(text[:i], both[1:]); wide >= 0 {
		return wide
	}
	return i
}
