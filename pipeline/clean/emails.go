package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name:   "emails",
	Doc:    "removes or replaces e-mail addresses",
	Params: []Param{{Name: "replace", Default: "", Doc: "what to put in place of an address"}},
	New: func(a Args) (Op, error) {
		with := a.String("replace")
		return Op{Needs: "@", Edit: func(list edit.List, in Input) edit.List {
			text, low := in.Text, 0
			for i := strings.IndexByte(text, '@'); i >= 0 && i < len(text); {
				start, end := localStart(text, low, i), domainEnd(text, i+1)
				if start < i && end > i+1 {
					list = cut(list, start, end, with)
					low = end
				} else {
					low, end = i+1, i+1
				}
				next := strings.IndexByte(text[end:], '@')
				if next < 0 {
					break
				}
				i = end + next
			}
			return list
		}}, nil
	},
})

// localStart returns where the local part before an at sign begins.
func localStart(text string, low, i int) int {
	start := i
	for start > low && isLocalByte(text[start-1]) {
		start--
	}
	for start < i && text[start] == '.' {
		start++
	}
	return start
}

func isLocalByte(b byte) bool {
	return b < utf8.RuneSelf && (classes[b]&(letter|digit) != 0 || strings.IndexByte(".!#$%&'*+-/=?^_{|}~", b) >= 0)
}

// domainEnd returns the end of the host name that begins at i, which needs a
// dot and a top level of two letters at least; i when there is none.
func domainEnd(text string, i int) int {
	end, label, dots := i, i, 0
	good := i
	for {
		letters := true
		for end < len(text) && (text[end] < utf8.RuneSelf && classes[text[end]]&(letter|digit) != 0 || text[end] == '-') {
			letters = letters && classes[text[end]]&letter != 0
			end++
		}
		if end == label {
			return good
		}
		if dots > 0 && letters && end-label >= 2 {
			good = end
		}
		if end == len(text) || text[end] != '.' {
			return good
		}
		end++
		label, dots = end, dots+1
	}
}
