package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// marks are what is inserted.
var (
	marks   = []string{".", ";", "?", ":", "!", ","}
	marksZh = []string{"。", "；", "？", "：", "！", "，"}
)

var _ = register(augment.Spec{
	Name: "aeda", Doc: "inserts punctuation marks before words: between 1 and rate·words + 1 of them",
	Paper:     "AEDA: Karimi, Rossi and Prati 2021, arXiv:2108.13230",
	Params:    []augment.Param{{Name: "rate", Doc: "bounds the number of marks: it is drawn from 1 to ⌊rate·words + 1⌋; none at rate 0", Default: 0.3, Max: 1}},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:     []augment.Harm{breaksGrammar},
	Samples:   []augment.Sample{{Text: "the actors looked tired and the story went nowhere"}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate, from := s.Float("rate"), marks
		if s.Language == "zh" {
			from = marksZh
		}
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			share := t.Rate(rate)
			if share <= 0 {
				return
			}
			q := 1 + r.IntN(int(share*float64(t.Len())+1))
			t.Each(r, min(q, t.Len()), func(i int) bool {
				if !t.Gap(i) {
					return false
				}
				t.Insert(i, from[r.IntN(len(from))])
				return true
			})
		}), nil
	},
})
