package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "crop", Doc: "cuts words off the beginning and the end",
	Params:    []augment.Param{augment.Rate(0.2)},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsSpans,
	Harms: []augment.Harm{breaksGrammar, losesMeaning, losesLikeness,
		{Task: augment.Sentiment, Why: "the verdict may be in the words that are cut"}},
	Samples: []augment.Sample{{Text: "the actors looked tired and the story went nowhere"}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			n := t.Len()
			cut := min(t.Count(rate), n-1)
			if cut <= 0 {
				return
			}
			front := r.IntN(cut + 1)
			first, last := 0, n-1 // kept
			for first < front && t.Loose(first) {
				first++
			}
			for last > n-1-(cut-front) && t.Loose(last) {
				last--
			}
			for i := range n {
				if i < first || i > last {
					t.Delete(i)
				}
			}
		}), nil
	},
})
