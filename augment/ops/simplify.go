package ops

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "simplify", Doc: "lower case, and letters a to z only, as the reference code of EDA cleans its input",
	Paper:     "code of EDA: Wei and Zou 2019, arXiv:1901.11196",
	Params:    []augment.Param{{Name: "rate", Doc: "probability that the text is cleaned", Default: 1.0, Max: 1}},
	Languages: english, Laws: augment.Safe | augment.KeepsLabel | augment.KeepsSpans,
	Samples: []augment.Sample{{Text: "It's a well-made film, isn't it?"}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			if !chance(r, t.Rate(rate)) {
				return
			}
			left := 0
			for i := range t.Len() {
				if !t.Free(i) || simplified(t.Word(i)) != "" || !t.Loose(i) {
					left++
				}
			}
			if left == 0 {
				return // nothing would be left
			}
			for i := range t.Len() {
				t.Between(i, func(start, end int) { simplifyGap(t, start, end) })
				if with := simplified(t.Word(i)); t.Free(i) && (with != "" || t.Loose(i)) {
					t.Replace(i, with)
				}
			}
			t.Between(t.Len(), func(start, end int) { simplifyGap(t, start, end) })
		}), nil
	},
})

// simplified returns the letters of a word in lower case.
func simplified(w string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return -1
	}, w)
}

// simplifyGap leaves one space between words, where there was a space or hyphen.
func simplifyGap(t *augment.Text, start, end int) {
	gap, with := t.String()[start:end], ""
	if start > 0 && end < len(t.String()) && strings.ContainsAny(gap, " -\t\n") {
		with = " "
	}
	if gap != with {
		t.Edit(start, end, with)
	}
}
