package clean

import (
	"golang.org/x/text/unicode/norm"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var forms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

// U+FDFA, three bytes, has the longest compatibility decomposition: 33.
var _ = register(Step{
	Name: "unicode",
	Doc:  "brings characters that can be written in several ways into one form",
	Params: []Param{{
		Name: "form", Default: "NFC", Choices: []string{"NFC", "NFD", "NFKC", "NFKD"},
		Doc: "normal form of UAX #15; NFKC also replaces ligatures, full-width and circled characters",
	}},
	Laws: Laws{Idempotent: true, Local: true, Growth: 11},
	New: func(a Args) (Op, error) {
		form := forms[a.String("form")]
		return Op{Edit: func(list edit.List, in Input) edit.List { return normalize(list, form, in.Text) }}, nil
	},
})

// normalize goes from boundary to boundary: between two of them nothing
// composes with what lies outside.
func normalize(list edit.List, form norm.Form, text string) edit.List {
	for i := 0; i < len(text); {
		if i += form.QuickSpanString(text[i:]); i == len(text) {
			break
		}
		end := i + form.NextBoundaryInString(text[i:], true)
		if with := form.String(text[i:end]); with != text[i:end] {
			list = cut(list, i, end, with)
		}
		i = end
	}
	return list
}
