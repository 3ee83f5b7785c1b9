// Package edit changes texts and lets everything that points into them follow:
// the words of tags and the spans of answers.
//
// Nouns: an Edit replaces one stretch of a text; a List is several of them, in
// order. Path: a stage finds what to change → List → Apply on an Example, or
// Text and Move for a text and positions of its own.
//
// A position at an edit's border stays at the border; a position inside an
// edited stretch moves to the border that keeps its range largest: a start to
// the beginning of the replacement, an end to the end of it. A range whose
// bytes are all deleted becomes empty, and stays in order with its neighbours.
//
// Errors wrap ErrOrder. The package is pure: it keeps nothing between calls.
package edit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// ErrOrder means that edits overlap, are not in order, or lie outside the text.
var ErrOrder = errors.New("edits out of order")

// Edit replaces a stretch of a text. An empty stretch inserts, an empty
// replacement deletes.
type Edit struct {
	sample.Range
	With string
}

// List is edits of one text in ascending order, none beginning before the one
// before it ends.
type List []Edit

// Check reports the first edit that does not fit a text of n bytes.
func (l List) Check(n int) error {
	last := 0
	for i, e := range l {
		if e.Start < last || e.End < e.Start || e.End > n {
			return fmt.Errorf("edit: number %d is [%d,%d) after %d in a text of %d bytes: %w", i, e.Start, e.End, last, n, ErrOrder)
		}
		last = e.End
	}
	return nil
}

// Text returns the text after the edits, which must fit it. Without edits it is
// the text itself.
func (l List) Text(text string) string {
	if len(l) == 0 {
		return text
	}
	grown := len(text)
	for _, e := range l {
		grown += len(e.With) - e.Len()
	}
	var out strings.Builder
	out.Grow(grown)
	at := 0
	for _, e := range l {
		out.WriteString(text[at:e.Start])
		out.WriteString(e.With)
		at = e.End
	}
	out.WriteString(text[at:])
	return out.String()
}

// Move changes ranges of the old text, ascending and without overlap, into
// those of the new text, in place.
func (l List) Move(ranges []sample.Range) {
	next, shift := 0, 0 // edits that end at or before the range, and what they add
	for i, r := range ranges {
		for next < len(l) && (l[next].End < r.Start || l[next].End == r.Start && l[next].Start < r.Start) {
			shift += len(l[next].With) - l[next].Len()
			next++
		}
		ranges[i] = l.move(r, next, shift)
	}
}

// move maps one range. Edits before next lie wholly before it and add shift.
func (l List) move(r sample.Range, next, shift int) sample.Range {
	out := sample.Range{Start: r.Start + shift, End: r.End + shift}
	for _, e := range l[next:] {
		if e.Start >= r.End && !(e.Start == r.Start && e.Len() > 0) {
			break
		}
		grown := len(e.With) - e.Len()
		if e.Len() == 0 && e.Start <= r.Start { // inserted before the range
			out.Start, out.End = out.Start+grown, out.End+grown
			continue
		}
		if e.Start < r.Start { // the range begins inside
			out.Start -= r.Start - e.Start
		}
		if e.End > r.End { // it ends inside
			out.End += e.End - r.End
		}
		out.End += grown
	}
	return out
}

// Apply edits an example's Text, its Words with it, and the span of a
// SpanLabel if Text is what it points into. The example's slices are copied
// before they change, so views of shared memory are safe to give.
func (l List) Apply(ex *sample.Example) error {
	if len(l) == 0 {
		return nil
	}
	if err := l.Check(len(ex.Text)); err != nil {
		return err
	}
	if len(ex.Words) > 0 {
		ex.Words = append([]sample.Range(nil), ex.Words...)
		l.Move(ex.Words)
	}
	if !ex.HasPair {
		l.moveSpan(&ex.Label)
	}
	ex.Text = l.Text(ex.Text)
	return nil
}

// ApplyPair is Apply for an example's Pair.
func (l List) ApplyPair(ex *sample.Example) error {
	if len(l) == 0 {
		return nil
	}
	if err := l.Check(len(ex.Pair)); err != nil {
		return err
	}
	l.moveSpan(&ex.Label)
	ex.Pair = l.Text(ex.Pair)
	return nil
}

func (l List) moveSpan(label *sample.Label) {
	if label.Kind != sample.SpanLabel || len(label.Int) != 2 || label.Int[0] < 0 {
		return
	}
	r := []sample.Range{{Start: int(label.Int[0]), End: int(label.Int[1])}}
	l.Move(r)
	label.Int = []int64{int64(r[0].Start), int64(r[0].End)}
}
