package ops

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/neighbour"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "neighbour", Doc: "replaces words by their nearest in a model's word-embedding matrix",
	Paper: "TinyBERT's data augmentation: Jiao et al. 2020, arXiv:1909.10351",
	Params: []augment.Param{augment.Rate(0.1),
		{Name: "file", Doc: "table of neighbours, made of a model by ortrain data neighbours", Default: "neighbours"},
		{Name: "least", Doc: "smallest cosine", Default: 0.5, Min: -1, Max: 1}},
	Languages: all, Laws: respells,
	Harms:   []augment.Harm{{Task: augment.Sentiment, Why: "words of opposite meaning lie near each other"}, changesMeaning, changesFacts},
	Samples: []augment.Sample{{Text: "a good day", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		f, err := s.File(s.Text("file"))
		if err != nil {
			return nil, fmt.Errorf("ops: table of neighbours: %w: %w", err, augment.ErrResource)
		}
		defer f.Close()
		table, _, err := neighbour.Read(f, s.Text("file"))
		if err != nil {
			return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
		}
		least := float32(s.Float("least"))
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			w := t.Word(i)
			list := table.Lookup(w)
			if list == nil {
				list = table.Lookup(strings.ToLower(w))
			}
			n := 0
			for n < len(list) && list[n].Cosine >= least {
				n++
			}
			if n == 0 || negates(strings.ToLower(w)) {
				return false
			}
			t.ReplaceLike(i, list[r.IntN(n)].Word)
			return true
		}), nil
	},
})
