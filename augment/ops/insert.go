package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// insertTries is how many words are drawn to find one with synonyms.
const insertTries = 10

var _ = register(augment.Spec{
	Name: "insert_synonym", Doc: "inserts synonyms of words of the text at random places",
	Paper:     "EDA, random insertion: Wei and Zou 2019, arXiv:1901.11196",
	Params:    append([]augment.Param{augment.Rate(0.1)}, thesaurusParams...),
	Languages: []string{"en", "zh", "any"}, Packs: []string{"wordnet", "cow"},
	Laws:    augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "The movie was boring and the actors looked tired", Params: map[string]any{"rate": 0.2}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		table, err := openThesaurus(s)
		if err != nil {
			return nil, err
		}
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			for range t.Count(rate) {
				for range insertTries {
					synonym := synonymOf(table, t, r.IntN(t.Len()), r)
					if synonym == "" {
						continue
					}
					if at := r.IntN(t.Len() + 1); t.Gap(at) {
						t.Insert(at, synonym)
					}
					break
				}
			}
		}), nil
	},
})
