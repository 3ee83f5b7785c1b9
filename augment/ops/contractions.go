package ops

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// contracted lists contractions and what they stand for. Those with several
// readings ('s of a noun, 'd) are absent.
var contracted = pairs(`
	aren't:are not|can't:cannot|couldn't:could not|didn't:did not|doesn't:does not|don't:do not|hadn't:had not
	hasn't:has not|haven't:have not|isn't:is not|mightn't:might not|mustn't:must not|needn't:need not
	shouldn't:should not|wasn't:was not|weren't:were not|won't:will not|wouldn't:would not
	i'm:i am|i've:i have|i'll:i will|you're:you are|you've:you have|you'll:you will|he'll:he will|she'll:she will
	it'll:it will|we're:we are|we've:we have|we'll:we will|they're:they are|they've:they have|they'll:they will
	that'll:that will|who'll:who will|there'll:there will|let's:let us
	could've:could have|should've:should have|would've:would have|might've:might have|must've:must have`)

// pairs reads short:long entries with | or line breaks between.
func pairs(text string) [][2]string {
	var out [][2]string
	for entry := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '|' || c == '\n' }) {
		if short, long, ok := strings.Cut(strings.TrimSpace(entry), ":"); ok {
			out = append(out, [2]string{short, long})
		}
	}
	return out
}

// phrases maps up to four words, in lower case with single spaces, to others.
type phrases map[string][]string

// newPhrases reads pairs from left to right, or from right to left.
func newPhrases(from [][2]string, backwards bool) phrases {
	out := make(phrases)
	for _, p := range from {
		key, with := p[0], p[1]
		if backwards {
			key, with = with, key
		}
		out[key] = append(out[key], with)
	}
	return out
}

// longest is the number of words of the longest key.
const longest = 4

// at returns the longest phrase that begins with word i: where its last word
// stands and what it maps to.
func (p phrases) at(t *augment.Text, i int) (last int, with []string) {
	for last := min(i+longest, t.Len()) - 1; last >= i; last-- {
		if last > i && (t.Tagged() || !loose(t, i, last) || !joined(t, i, last)) {
			continue
		}
		text := t.String()[t.Range(i).Start:t.Range(last).End]
		if with := p[strings.ToLower(strings.ReplaceAll(text, "’", "'"))]; len(with) > 0 {
			return last, with
		}
	}
	return i, nil
}

func loose(t *augment.Text, from, to int) bool {
	for i := from; i <= to; i++ {
		if !t.Loose(i) {
			return false
		}
	}
	return true
}

// joined reports whether single spaces stand between words.
func joined(t *augment.Text, from, to int) bool {
	for i := from; i < to; i++ {
		if t.String()[t.Range(i).End:t.Range(i+1).Start] != " " {
			return false
		}
	}
	return true
}

// phrasewise makes an operator that replaces phrases, each with probability
// rate.
func phrasewise(rate float64, p phrases) augment.Augmenter {
	return augment.Func(func(t *augment.Text, r *random.Stream) {
		share := t.Rate(rate)
		if share <= 0 {
			return
		}
		for i := 0; i < t.Len(); i++ {
			if !t.Free(i) {
				continue
			}
			last, with := p.at(t, i)
			if len(with) == 0 || !chance(r, share) {
				continue
			}
			span := augment.Like(t.Word(i), with[r.IntN(len(with))])
			t.Edit(t.Range(i).Start, t.Range(last).End, span)
			i = last
		}
	})
}

// often is the parameter of operators that act on certain words only.
var often = augment.Param{Name: "rate", Doc: "probability that a place is changed", Default: 0.5, Max: 1}

var _ = register(augment.Spec{
	Name: "contract", Doc: "contracts: do not becomes don't",
	Params: []augment.Param{often}, Languages: english, Laws: respells &^ augment.KeepsWords,
	Samples: []augment.Sample{{Text: "I am sure they do not care", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return phrasewise(s.Float("rate"), newPhrases(contracted, true)), nil
	},
})
