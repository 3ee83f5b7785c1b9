package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "shuffle_span", Doc: "shuffles the words of one stretch of the text",
	Params:    []augment.Param{augment.Rate(0.2)},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:     []augment.Harm{breaksGrammar, {Task: augment.Inference, Why: "who does what to whom changes with the order of words"}},
	Samples:   []augment.Sample{{Text: "the actors looked tired and the story went nowhere", Params: map[string]any{"rate": 0.4}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			n := t.Count(rate)
			if n == 0 || t.Len() < 2 {
				return
			}
			n = max(n, 2)
			from := r.IntN(t.Len() - n + 1)
			order := t.Scratch(t.Len())
			for i := range order {
				order[i] = i
			}
			for i := n - 1; i > 0; i-- {
				j := r.IntN(i + 1)
				if a, b := from+i, from+j; t.Loose(a) && t.Loose(b) {
					order[a], order[b] = order[b], order[a]
				}
			}
			t.Permute(order)
		}), nil
	},
})
