package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// swapTries is how often a second place is drawn that is not the first.
const swapTries = 3

var _ = register(augment.Spec{
	Name: "swap", Doc: "swaps two words, max(1, rate·words) times",
	Paper: "EDA, random swap: Wei and Zou 2019, arXiv:1901.11196",
	Params: []augment.Param{augment.Rate(0.1),
		{Name: "near", Doc: "swap neighbours only", Default: false}},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:     []augment.Harm{breaksGrammar, {Task: augment.Inference, Why: "who does what to whom changes with the order of words"}, {Task: augment.Similarity, Why: "who does what to whom changes with the order of words"}},
	Samples:   []augment.Sample{{Text: "the actors looked tired and the story went nowhere"}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate, near := s.Float("rate"), s.Bool("near")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			n := t.Len()
			count := t.Count(rate)
			if n < 2 || count == 0 {
				return
			}
			order := t.Scratch(n)
			for i := range order {
				order[i] = i
			}
			for range count {
				i, j := pair(r, n, near)
				if i != j && t.Loose(i) && t.Loose(j) {
					order[i], order[j] = order[j], order[i]
				}
			}
			t.Permute(order)
		}), nil
	},
})

// pair draws two places among n; they are equal if the tries do not suffice.
func pair(r *random.Stream, n int, near bool) (i, j int) {
	if near {
		i = r.IntN(n - 1)
		return i, i + 1
	}
	i = r.IntN(n)
	j = i
	for try := 0; try < swapTries && j == i; try++ {
		j = r.IntN(n)
	}
	return i, j
}
