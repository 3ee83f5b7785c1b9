package ops

import "github.com/ortrain/ortrain/augment"

var _ = register(augment.Spec{
	Name: "transpose", Doc: "swaps two neighbouring letters of a word",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the actors looked tired and the story went nowhere", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), transpose), nil
	},
})
