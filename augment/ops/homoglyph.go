package ops

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
)

// glyphs are letters that look alike: Latin, then Cyrillic and Greek.
var glyphs = strings.Fields(`
	aаα cсϲ eе hһ iіι jј kк lӏ oоο pрρ sѕ uυ vνѵ wԝ xхχ yуγ
	AАΑ BВΒ CСϹ EЕΕ HНΗ IІΙ JЈ KКΚ MМΜ NΝ OОΟ PРΡ SЅ TТΤ XХΧ YҮΥ ZΖ`)

var _ = register(augment.Spec{
	Name: "homoglyph", Doc: "puts a Cyrillic or Greek letter for the Latin one that looks the same",
	Paper:  "Bad Characters: Boucher et al. 2022, arXiv:2106.09898",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells,
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.5}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		like := make(map[rune][]string)
		for _, group := range glyphs {
			letters := []rune(group)
			for _, l := range letters[1:] {
				like[letters[0]] = append(like[letters[0]], string(l))
			}
		}
		return wordwise(s.Float("rate"), slip(like)), nil
	},
})
