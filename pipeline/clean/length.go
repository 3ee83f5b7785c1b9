package clean

import (
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Step{
	Name: "length",
	Doc:  "drops rows whose text, or pair, is too short or too long",
	Params: []Param{
		{Name: "min", Default: 1, Min: 0, Doc: "least length that stays"},
		{Name: "max", Default: 0, Min: 0, Doc: "greatest length that stays; 0 for no bound"},
		{Name: "unit", Default: "characters", Choices: []string{"characters", "words", "bytes"}, Doc: "what to count; words are what white space separates"},
	},
	New: func(a Args) (Op, error) {
		low, high := a.Int("min"), a.Int("max")
		measure := map[string]func(string) int{
			"characters": utf8.RuneCountInString, "words": countWords, "bytes": func(s string) int { return len(s) },
		}[a.String("unit")]
		fits := func(text string) bool {
			n := measure(text)
			return n >= low && (high == 0 || n <= high)
		}
		return Op{Keep: func(ex *sample.Example) bool {
			return fits(ex.Text) && (!ex.HasPair || fits(ex.Pair))
		}}, nil
	},
})

func countWords(text string) int {
	n, inside := 0, false
	for _, r := range text {
		s := classOf(r)&space != 0
		if !s && !inside {
			n++
		}
		inside = !s
	}
	return n
}
