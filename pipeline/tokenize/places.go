package tokenize

import "github.com/ortrain/ortrain/pipeline/sample"

// WordIDs returns for each token which of the words of text number text it
// belongs to: the one its first byte lies in, or -1 for special tokens, those
// of the other text and those between words. Words are in order and do not
// overlap.
func WordIDs(spans []Span, text int8, words []sample.Range) []int {
	ids := make([]int, len(spans))
	w := 0
	for i, s := range spans {
		ids[i] = -1
		if s.Text != text || s.Start == s.End {
			continue
		}
		for w < len(words) && words[w].End <= int(s.Start) {
			w++
		}
		if w < len(words) && words[w].Start <= int(s.Start) {
			ids[i] = w
		}
	}
	return ids
}

// Tags spreads the tags of words over tokens: the first token of a word has its
// tag, every other one sample.Ignore.
func Tags(spans []Span, words []sample.Range, tags []int64) []int64 {
	out := make([]int64, len(spans))
	last := -1
	for i, w := range WordIDs(spans, 0, words) {
		out[i] = sample.Ignore
		if w >= 0 && w != last {
			out[i] = tags[w]
			last = w
		}
	}
	return out
}

// Answer returns the first and the last token of the stretch of text number
// text, and whether the tokens hold all of it. Without it both are 0, the place
// of the first special token, which means "not here".
func Answer(spans []Span, text int8, stretch sample.Range) (first, last int, whole bool) {
	first, last = -1, -1
	for i, s := range spans {
		if s.Text != text || s.Start == s.End {
			continue
		}
		if first < 0 && int(s.Start) <= stretch.Start && stretch.Start < int(s.End) {
			first = i
		}
		if int(s.Start) < stretch.End && stretch.End <= int(s.End) {
			last = i
		}
	}
	if first < 0 || last < first || stretch.Len() <= 0 {
		return 0, 0, false
	}
	return first, last, true
}
