package clean

import (
	"unicode/utf8"

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
		return Op{Needs: Beyond, Edit: func(list edit.List, in Input) edit.List { return normalize(list, form, in.Text) }}, nil
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
			list = cutDifference(list, text, i, end, with)
		}
		i = end
	}
	return list
}

// cutDifference appends an edit without what both texts begin and end with, so
// that a space stays outside of it.
func cutDifference(list edit.List, text string, start, end int, with string) edit.List {
	for start < end && with != "" {
		r, n := utf8.DecodeRuneInString(text[start:end])
		if first, _ := utf8.DecodeRuneInString(with); first != r {
			break
		}
		start, with = start+n, with[n:]
	}
	for start < end && with != "" {
		r, n := utf8.DecodeLastRuneInString(text[start:end])
		if last, _ := utf8.DecodeLastRuneInString(with); last != r {
			break
		}
		end, with = end-n, with[:len(with)-n]
	}
	return cut(list, start, end, with)
}
