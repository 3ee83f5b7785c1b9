package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "synonym", Doc: "replaces words by synonyms, in their inflection and case",
	Paper: "EDA, synonym replacement: Wei and Zou 2019, arXiv:1901.11196",
	Params: append([]augment.Param{
		augment.Rate(0.1),
		{Name: "every", Doc: "replace every occurrence of a chosen word, as the reference code of EDA does", Default: false},
	}, thesaurusParams...),
	Languages: []string{"en", "zh", "any"}, Packs: []string{"wordnet", "cow"},
	Laws:    respells,
	Samples: []augment.Sample{{Text: "The movie was boring and the actors looked tired", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		table, err := openThesaurus(s)
		if err != nil {
			return nil, err
		}
		rate, every := s.Float("rate"), s.Bool("every")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			t.Each(r, t.Count(rate), func(i int) bool {
				if !t.Free(i) {
					return false
				}
				synonym := synonymOf(table, t, i, r)
				if synonym == "" {
					return false
				}
				t.ReplaceLike(i, synonym)
				if every {
					again(t, i, synonym)
				}
				return true
			})
		}), nil
	},
})

// again replaces the other occurrences of a word.
func again(t *augment.Text, i int, with string) {
	for j := range t.Len() {
		if j != i && t.Free(j) && t.Word(j) == t.Word(i) {
			t.ReplaceLike(j, with)
		}
	}
}
