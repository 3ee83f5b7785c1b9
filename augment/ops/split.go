package ops

import (
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// gap is what splits a word.
const gap = " "

var _ = register(augment.Spec{
	Name: "split", Doc: "splits words by a space",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells &^ augment.KeepsWords,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			const least = 4
			n := utf8.RuneCountInString(t.Word(i))
			if n < least {
				return false
			}
			at := t.Range(i).Start + offset(t.Word(i), 1+r.IntN(n-1))
			t.Edit(at, at, gap)
			return true
		}), nil
	},
})
