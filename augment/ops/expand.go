package ops

import "github.com/ortrain/ortrain/augment"

var _ = register(augment.Spec{
	Name: "expand", Doc: "expands contractions: don't becomes do not",
	Params: []augment.Param{often}, Languages: english, Laws: respells &^ augment.KeepsWords,
	Samples: []augment.Sample{{Text: "I'm sure they don't care", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return phrasewise(s.Float("rate"), newPhrases(contracted, false)), nil
	},
})
