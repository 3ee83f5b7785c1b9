package ops

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "case", Doc: "changes the case of words",
	Params: []augment.Param{augment.Rate(0.1),
		{Name: "mode", Doc: "lower, upper, title, swap, or random: one of these for each word", Default: "random", Choices: []string{"lower", "upper", "title", "swap", "random"}}},
	Languages: all, Laws: respells,
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.5}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		mode := s.Text("mode")
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			m := mode
			if m == "random" {
				m = caseModes[r.IntN(len(caseModes))]
			}
			w := t.Word(i)
			changed := recase(w, m)
			if changed == w {
				return false
			}
			t.Replace(i, changed)
			return true
		}), nil
	},
})

var caseModes = []string{"lower", "upper", "title", "swap"}

func recase(w, mode string) string {
	switch mode {
	case "lower":
		return strings.ToLower(w)
	case "upper":
		return strings.ToUpper(w)
	case "title":
		first, size := utf8.DecodeRuneInString(w)
		return string(unicode.ToTitle(first)) + w[size:]
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, w)
}
