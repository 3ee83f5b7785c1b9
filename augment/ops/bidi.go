package ops

import (
	"slices"
	"unicode"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// The marks that turn the direction of writing, and turn it back.
const (
	override = "\u202e"
	popped   = "\u202c"
)

var _ = register(augment.Spec{
	Name: "bidi", Doc: "stores a word backwards between marks of direction, so that it looks the same",
	Paper:  "Bad Characters: Boucher et al. 2022, arXiv:2106.09898",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells &^ augment.KeepsWords,
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, _ *random.Stream) bool {
			letters := []rune(t.Word(i))
			if len(letters) < 2 || slices.ContainsFunc(letters, func(c rune) bool { return unicode.IsMark(c) || c > unicode.MaxLatin1 }) {
				return false // only what is written from left to right, one character a glyph
			}
			slices.Reverse(letters)
			t.Replace(i, override+string(letters)+popped)
			return true
		}), nil
	},
})
