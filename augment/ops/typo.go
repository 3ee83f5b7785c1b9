package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "typo", Doc: "mistypes words: a neighbouring key, two letters swapped, one left out or doubled",
	Paper:  "the four errors of Damerau 1964, doi:10.1145/363958.363994",
	Params: []augment.Param{augment.Rate(0.1), layoutParam}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the actors looked tired and the story went nowhere", Params: map[string]any{"rate": 0.4}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		miss := slip(adjacent(layouts[s.Text("layout")]))
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			switch r.Uint32() >> 30 {
			case 0:
				return miss(t, i, r)
			case 1:
				return transpose(t, i, r)
			case 2:
				return omit(t, i, r)
			}
			return double(t, i, r)
		}), nil
	},
})
