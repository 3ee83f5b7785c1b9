package ops

import (
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// invisible are characters without width: zero width space, non-joiner, joiner,
// word joiner.
var invisible = []string{"\u200b", "\u200c", "\u200d", "\u2060"}

var _ = register(augment.Spec{
	Name: "zero_width", Doc: "puts an invisible character inside a word",
	Paper:  "Bad Characters: Boucher et al. 2022, arXiv:2106.09898",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells,
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.5}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			n := utf8.RuneCountInString(t.Word(i))
			if n < 2 {
				return false
			}
			at := offset(t.Word(i), 1+r.IntN(n-1)) + t.Range(i).Start
			t.Edit(at, at, invisible[r.IntN(len(invisible))])
			return true
		}), nil
	},
})

// offset returns where the nth character of s begins. Units: bytes.
func offset(s string, n int) int {
	for at := range s {
		if n == 0 {
			return at
		}
		n--
	}
	return len(s)
}
