package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// digits are what numbers are written with.
var digits = [10]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

var _ = register(augment.Spec{
	Name: "number", Doc: "draws other digits for numbers, as many as there were",
	Params: []augment.Param{often}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{changesMeaning, changesFacts},
	Samples: []augment.Sample{{Text: "It ran for 125 minutes in 2019", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			share := t.Rate(rate)
			if share <= 0 {
				return
			}
			for i := range t.Len() {
				if t.Free(i) && numeral(t.Word(i)) && chance(r, share) {
					redraw(t, t.Range(i).Start, t.Range(i).End, r)
				}
			}
		}), nil
	},
})

// numeral reports whether a word is of digits, and points and commas between.
func numeral(w string) bool {
	for i := range len(w) {
		if c := w[i]; (c < '0' || c > '9') && c != '.' && c != ',' {
			return false
		}
	}
	return true
}

// redraw draws the digits between two places anew; the first stays what it is
// if it is 0 and does not become 0 otherwise.
func redraw(t *augment.Text, start, end int, r *random.Stream) {
	for at := start; at < end; at++ {
		switch c := t.String()[at]; {
		case c < '0' || c > '9' || at == start && c == '0' && end > start+1:
		case at == start:
			t.Edit(at, at+1, digits[1+r.IntN(9)])
		default:
			t.Edit(at, at+1, digits[r.IntN(10)])
		}
	}
}
