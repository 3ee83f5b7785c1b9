package augment

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Text is one text under change: its words, what of it must stay, and the edits
// that an operator has found. Operators read the words and propose edits; a
// Text is used again for text after text, so nothing that it returns may be kept.
type Text struct {
	text  string
	words []word
	outer []sample.Range // of each word, the protected stretch that holds it, or itself; empty if nothing is protected
	edits edit.List
	gone  bool // at least one word is marked for deletion

	scale  float64
	spaced bool
	tagged bool
	units  []sample.Range // the words that have tags
	labels []sample.Range // the stretches that carry labels
	seg    Segmenter
	keep   map[string]bool

	ranges []sample.Range
	index  []int
	arena  []byte
}

// word is one word and what may happen to it.
type word struct {
	sample.Range
	fixed bool // protected: not to be touched at all
	label bool // carries a label: may be respelled, but not removed or moved
	gone  bool // to be deleted
}

// Segmenter cuts a text into words: ascending ranges without overlap, without
// the white space and punctuation between words.
type Segmenter interface {
	// Cut appends the words of s to out.
	Cut(s string, out []sample.Range) []sample.Range
}

// reset starts work on a text. units are its tagged words, labelled the stretches
// that carry labels.
func (t *Text) reset(s string, units, labelled []sample.Range) {
	t.units, t.labels, t.tagged = units, labelled, len(units) > 0
	t.text, t.edits, t.gone, t.arena = s, t.edits[:0], false, t.arena[:0]
	t.ranges = t.seg.Cut(s, t.ranges[:0])
	t.words, t.outer = t.words[:0], t.outer[:0]
	for _, r := range t.ranges {
		t.words = append(t.words, word{Range: r})
	}
	if special(s) {
		t.protect(protected(s))
	}
	if len(t.keep) > 0 {
		for i := range t.words {
			if t.keep[t.Lower(i)] {
				t.words[i].fixed = true
			}
		}
	}
	at := 0
	for _, l := range labelled {
		for at < len(t.words) && t.words[at].End <= l.Start {
			at++
		}
		for i := at; i < len(t.words) && t.words[i].Start < l.End; i++ {
			t.words[i].label = true
		}
	}
	for i := range t.words {
		if !t.tagged {
			break
		}
		if t.unitsIn(t.words[i].Start, t.words[i].End) > 1 {
			t.words[i].fixed = true // its letters belong to several tags
		}
	}
}

// unitsIn counts the tagged words that a stretch touches, at most two.
func (t *Text) unitsIn(start, end int) int {
	at := sort.Search(len(t.units), func(i int) bool { return t.units[i].End > start })
	n := 0
	for ; n < 2 && at+n < len(t.units) && t.units[at+n].Start < end; n++ {
	}
	return n
}

// harms reports whether an edit would mix words of different tags or wipe out
// what carries a label.
func (t *Text) harms(e edit.Edit) bool {
	if !t.tagged && len(t.labels) == 0 {
		return false
	}
	blank := strings.TrimSpace(e.With) == ""
	if t.tagged && e.With != "" && t.unitsIn(e.Start, e.End) > 1 {
		return true
	}
	if blank && e.Len() > 0 {
		for _, l := range t.labels {
			if e.Start <= l.Start && l.End <= e.End {
				return true
			}
		}
	}
	return false
}

// protect fixes the words that overlap any of the ranges, which ascend.
func (t *Text) protect(ranges []sample.Range) {
	if len(ranges) == 0 {
		return
	}
	t.outer = append(t.outer, t.ranges...)
	at := 0
	for i := range t.words {
		w := &t.words[i]
		for at < len(ranges) && ranges[at].End <= w.Start {
			at++
		}
		if at < len(ranges) && ranges[at].Start < w.End {
			w.fixed = true
			t.outer[i] = sample.Range{Start: min(w.Start, ranges[at].Start), End: max(w.End, ranges[at].End)}
		}
	}
}

// String returns the whole text.
func (t *Text) String() string { return t.text }

// Len returns the number of words.
func (t *Text) Len() int { return len(t.words) }

// Word returns the word's text, a view of the whole.
func (t *Text) Word(i int) string { return t.text[t.words[i].Start:t.words[i].End] }

// Range returns where a word lies.
func (t *Text) Range(i int) sample.Range { return t.words[i].Range }

// Free reports whether a word may be respelled or replaced.
func (t *Text) Free(i int) bool { return !t.words[i].fixed }

// Loose reports whether a word may be removed or moved, or others put in its
// place: it is not protected and carries no label.
func (t *Text) Loose(i int) bool { return !t.words[i].fixed && !t.words[i].label }

// Gap reports whether something may be inserted before word i, or at the end if
// i is Len: not inside what is protected, nor inside what carries a label.
func (t *Text) Gap(i int) bool {
	if i == 0 || i == len(t.words) {
		return true
	}
	a, b := t.words[i-1], t.words[i]
	return !(a.fixed && b.fixed) && !(a.label && b.label)
}

// Whole reports whether a place in the text, in bytes, lies outside of what is
// protected.
func (t *Text) Whole(at int) bool {
	for i, o := range t.outer {
		if t.words[i].fixed && o.Start < at && at < o.End {
			return false
		}
	}
	return true
}

// around is the protected stretch that holds a word, or the word.
func (t *Text) around(i int) sample.Range {
	if len(t.outer) > 0 {
		return t.outer[i]
	}
	return t.words[i].Range
}

// Tagged reports whether words of the text have tags of their own, so that one
// edit must not span several words.
func (t *Text) Tagged() bool { return t.tagged }

// Between calls f with the stretch between word i-1 and word i (or an end of the
// text), unless it is empty or touches what is protected.
func (t *Text) Between(i int, f func(start, end int)) {
	start, end := 0, len(t.text)
	if i > 0 {
		start = t.around(i - 1).End
	}
	if i < len(t.words) {
		end = t.around(i).Start
	}
	if start < end {
		f(start, end)
	}
}

// Spaced reports whether the language writes spaces between words.
func (t *Text) Spaced() bool { return t.spaced }

// Count returns how many words a rate stands for: max(1, ⌊rate·words⌋), and 0
// at rate 0 or without words. Source: Wei and Zou 2019, §2.
func (t *Text) Count(rate float64) int {
	rate *= t.scale
	if rate <= 0 || len(t.words) == 0 {
		return 0
	}
	return min(max(1, int(rate*float64(len(t.words)))), len(t.words))
}

// Rate returns the rate that an operator is to use: its own, scaled by the
// policy's draw of a magnitude.
func (t *Text) Rate(rate float64) float64 { return rate * t.scale }

// Lower returns a word in lower case; it is a view of the text if the word is
// lower-case already.
func (t *Text) Lower(i int) string { return strings.ToLower(t.Word(i)) }

// Each calls f with the words in a random order until f has returned true n
// times. It draws once for each call of f.
func (t *Text) Each(r *random.Stream, n int, f func(i int) bool) {
	if n <= 0 {
		return
	}
	order := t.Scratch(len(t.words))
	for i := range order {
		order[i] = i
	}
	for left := len(order); left > 0 && n > 0; left-- {
		k := r.IntN(left)
		i := order[k]
		order[k] = order[left-1]
		if f(i) {
			n--
		}
	}
}

// Scratch returns n integers to write in; the next call of Scratch or Each takes
// them back.
func (t *Text) Scratch(n int) []int {
	if cap(t.index) < n {
		t.index = make([]int, n, 2*n)
	}
	t.index = t.index[:n]
	return t.index
}

// Edit proposes to replace a stretch of the text. Edits may come in any order,
// but of two that overlap only the first in the text is kept.
func (t *Text) Edit(start, end int, with string) {
	t.edits = append(t.edits, edit.Edit{Range: sample.Range{Start: start, End: end}, With: with})
}

// Replace proposes another word for word i.
func (t *Text) Replace(i int, with string) { t.Edit(t.words[i].Start, t.words[i].End, with) }

// ReplaceLike is Replace with the case of the old word: capital first, or all
// capitals.
func (t *Text) ReplaceLike(i int, with string) { t.Replace(i, Like(t.Word(i), with)) }

// Delete proposes to remove word i and the space beside it.
func (t *Text) Delete(i int) { t.words[i].gone, t.gone = true, true }

// Insert proposes a new word before word i, or at the end of the text if i is
// Len, apart from it by a space where the language writes spaces.
func (t *Text) Insert(i int, with string) {
	if i < len(t.words) {
		at := t.around(i).Start
		t.Edit(at, at, with)
		if t.spaced {
			t.Edit(at, at, " ")
		}
		return
	}
	at := 0
	if len(t.words) > 0 {
		at = t.around(len(t.words) - 1).End
		if t.spaced {
			t.Edit(at, at, " ")
		}
	}
	t.Edit(at, at, with)
}

// Permute proposes that the place of word i takes the word that order[i] names.
func (t *Text) Permute(order []int) {
	for i, from := range order {
		if from != i {
			t.Replace(i, t.Word(from))
		}
	}
}

// finish puts the edits in order and returns them. They are valid until the
// next reset.
func (t *Text) finish() edit.List {
	if t.gone {
		t.deletions()
	}
	if len(t.edits) == 0 {
		return nil
	}
	if order := func(a, b edit.Edit) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return min(a.Len(), 1) - min(b.Len(), 1) // what inserts comes first
	}; !slices.IsSortedFunc(t.edits, order) {
		slices.SortStableFunc(t.edits, order)
	}
	out, last := t.edits[:0], 0
	for _, e := range t.edits {
		switch {
		case e.Start >= last:
		case e.With == "" && e.End > last:
			e.Start = last
		default:
			continue
		}
		if e.With == t.text[e.Start:e.End] {
			continue // nothing would change
		}
		if t.harms(e) {
			continue
		}
		out = append(out, e)
		last = e.End
	}
	t.edits = out
	return out
}

// deletions turns the marks of Delete into edits.
func (t *Text) deletions() {
	head := 0 // all before it goes
	for i := range t.words {
		w := t.words[i]
		if !w.gone {
			continue
		}
		start, end := w.Start, w.End
		for start > 0 {
			r, size := utf8.DecodeLastRuneInString(t.text[:start])
			if !unicode.IsSpace(r) {
				break
			}
			start -= size
		}
		if start <= head { // a text does not begin with a space that was between words
			for end < len(t.text) {
				r, size := utf8.DecodeRuneInString(t.text[end:])
				if !unicode.IsSpace(r) {
					break
				}
				end += size
			}
			head = end
		}
		t.Edit(start, end, "")
	}
}

// Like gives a word the case of an old one: capital first, or all capitals.
func Like(old, with string) string {
	first, size := utf8.DecodeRuneInString(old)
	if !unicode.IsUpper(first) {
		return with
	}
	if size < len(old) && strings.ToUpper(old) == old {
		return strings.ToUpper(with)
	}
	start, size := utf8.DecodeRuneInString(with)
	if upper := unicode.ToUpper(start); upper != start {
		return string(upper) + with[size:]
	}
	return with
}
