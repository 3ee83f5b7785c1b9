package augment

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// describe says what edits do, for people: operator: old→new, +added, -removed.
// Edits inside a word show the whole word.
func (t *Text) describe(name string, edits edit.List) string {
	var b strings.Builder
	b.WriteString(name)
	sep := ": "
	for i := 0; i < len(edits); i++ {
		if separator(edits, i) {
			continue
		}
		b.WriteString(sep)
		sep = ", "
		if w, n := t.inside(edits[i:]); n > 0 {
			b.WriteString(t.Word(w) + "→" + t.changed(w, edits[i:i+n]))
			i += n - 1
			continue
		}
		e := edits[i]
		old, with := strings.TrimSpace(t.text[e.Start:e.End]), strings.TrimSpace(e.With)
		switch {
		case e.Len() == 0:
			b.WriteString("+" + e.With)
		case old == "": // only space
			b.WriteString("‘" + t.text[e.Start:e.End] + "’→‘" + e.With + "’")
		case with == "":
			b.WriteString("-" + old)
		default:
			b.WriteString(old + "→" + with)
		}
	}
	return b.String()
}

// inside returns the word that the first edits lie in without replacing it, and
// how many of them do; 0 if the first does not.
func (t *Text) inside(edits edit.List) (word, n int) {
	for w := range t.words {
		r := t.words[w].Range
		if r.End < edits[0].Start {
			continue
		}
		for _, e := range edits {
			whole := e.Start == r.Start && e.End == r.End
			border := e.Len() == 0 && (e.Start == r.Start || e.Start == r.End)
			if e.Start < r.Start || e.End > r.End || whole || border {
				break
			}
			n++
		}
		if n > 0 {
			return w, n
		}
	}
	return 0, 0
}

// changed is word w after edits that lie inside it.
func (t *Text) changed(w int, edits edit.List) string {
	r := t.words[w].Range
	var b strings.Builder
	at := r.Start
	for _, e := range edits {
		b.WriteString(t.text[at:e.Start])
		b.WriteString(e.With)
		at = e.End
	}
	b.WriteString(t.text[at:r.End])
	return b.String()
}
