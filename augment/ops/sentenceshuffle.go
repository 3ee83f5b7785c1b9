package ops

import (
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(augment.Spec{
	Name: "shuffle_sentences", Doc: "puts sentences in another order: max(1, rate·sentences) swaps",
	Params:    []augment.Param{{Name: "rate", Doc: "swaps for each sentence; none at 0", Default: 1.0, Max: 1}},
	Languages: all,
	Laws:      augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Harms:     []augment.Harm{{Task: augment.Inference, Why: "what came first changes with the order of sentences"}},
	Samples:   []augment.Sample{{Text: "The actors looked tired. The story went nowhere. Stay at home!"}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			rate := t.Rate(rate)
			if rate <= 0 {
				return
			}
			for i := range t.Len() {
				if t.Tagged() || !t.Loose(i) && t.Free(i) { // labels cannot follow whole sentences
					return
				}
			}
			all := sentences(t)
			if len(all) < 2 {
				return
			}
			order := t.Scratch(len(all))
			for i := range order {
				order[i] = i
			}
			for range max(1, int(rate*float64(len(all)))) {
				i, j := pair(r, len(all), false)
				order[i], order[j] = order[j], order[i]
			}
			for i, from := range order {
				if from != i {
					t.Edit(all[i].Start, all[i].End, t.String()[all[from].Start:all[from].End])
				}
			}
		}), nil
	},
})

// sentences returns the sentences of a text, without the white space around.
// One ends after . ! ? or … before white space, or after 。！？.
func sentences(t *augment.Text) []sample.Range {
	s := t.String()
	var out []sample.Range
	start := 0
	add := func(end int) {
		if !t.Whole(end) {
			return
		}
		piece := s[start:end]
		trimmed := strings.TrimSpace(piece)
		if trimmed != "" {
			at := start + strings.Index(piece, trimmed)
			out = append(out, sample.Range{Start: at, End: at + len(trimmed)})
		}
		start = end
	}
	for i, c := range s {
		after := i + utf8.RuneLen(c)
		if c == utf8.RuneError {
			continue
		}
		switch c {
		case '.', '!', '?', '…':
			if after < len(s) && (s[after] == ' ' || s[after] == '\n' || s[after] == '\t') {
				add(after)
			}
		case '。', '！', '？':
			add(after)
		}
	}
	add(len(s))
	return out
}
