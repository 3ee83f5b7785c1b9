package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "merge", Doc: "leaves out the space between two words",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells &^ augment.KeepsWords,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the actors looked tired", Params: map[string]any{"rate": 0.3}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, _ *random.Stream) bool {
			if i+1 >= t.Len() || !t.Free(i+1) || !joined(t, i, i+1) {
				return false
			}
			t.Edit(t.Range(i).End, t.Range(i+1).Start, "")
			return true
		}), nil
	},
})
