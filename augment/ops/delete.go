package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "delete", Doc: "deletes each word with probability rate; one at least stays",
	Paper: "EDA, random deletion: Wei and Zou 2019, arXiv:1901.11196",
	Params: []augment.Param{
		{Name: "rate", Doc: "probability that a word goes", Default: 0.1, Max: 1},
		{Name: "negations", Doc: "keep: never delete not, never, 不, …; free: as any other word", Default: "keep", Choices: []string{"keep", "free"}},
	},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:     []augment.Harm{breaksGrammar, losesMeaning},
	Samples:   []augment.Sample{{Text: "the actors did not look tired and the story went on", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate, keep := s.Float("rate"), s.Text("negations") == "keep"
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			p := t.Rate(rate)
			if p <= 0 || t.Len() == 1 {
				return
			}
			spare := r.IntN(t.Len()) // stays if all others go
			left := 0
			gone := t.Scratch(t.Len())
			for i := range gone {
				gone[i] = 0
				if !chance(r, p) || !t.Loose(i) || keep && negates(t.Lower(i)) {
					left++
					continue
				}
				gone[i] = 1
			}
			for i := range gone {
				if gone[i] == 1 && (left > 0 || i != spare) {
					t.Delete(i)
				}
			}
		}), nil
	},
})
