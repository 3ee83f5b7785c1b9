package clean

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// A tag holds a letter, so #1 stays. Chinese tags end with a second sign
// (#topic#), which goes with the first.
var _ = register(Step{
	Name:   "hashtags",
	Doc:    "removes, bares or replaces hashtags",
	Params: named("word", "[TAG]"),
	New: func(a Args) (Op, error) {
		action, with := a.String("action"), a.String("replace")
		return Op{Needs: "#" + Beyond, Edit: func(list edit.List, in Input) edit.List {
			return signs(list, in.Text, "#＃", func(list edit.List, sign, name, end int) edit.List {
				if !hasLetter(in.Text[name:end]) {
					return list
				}
				closed := end
				for _, s := range []string{"#", "＃"} {
					if strings.HasPrefix(in.Text[end:], s) && wordEnd(in.Text, end+len(s)) == end+len(s) {
						closed = end + len(s)
					}
				}
				switch {
				case action == "word":
					list = cut(list, sign, name, "")
					if closed > end {
						list = cut(list, end, closed, "")
					}
				case action == "remove":
					list = cut(list, sign, closed, "")
				case in.Text[sign:closed] != with:
					list = cut(list, sign, closed, with)
				}
				return list
			})
		}}, nil
	},
})

func hasLetter(text string) bool {
	for _, r := range text {
		if classOf(r)&letter != 0 {
			return true
		}
	}
	return false
}
