package augment

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Copy makes one copy of an example, the same that Rows makes of it in that
// epoch, but for operators and filters that work on whole batches, which it
// passes over. ok is false if the policy's filters left nothing; the example
// itself is returned then. Copies count from 1.
func (r *Runner) Copy(ex sample.Example, epoch uint32, number uint16) (copied sample.Example, ok bool, err error) {
	w := r.worker()
	defer r.idle.Put(w)
	ok, err = r.copy(w, &ex, epoch, number, nil, &copied)
	return copied, ok, err
}

// Draw returns what training sees of an example in an epoch: itself or one of
// its copies, each equally likely (without Original, one of the copies).
func (r *Runner) Draw(ex sample.Example, epoch uint32) (sample.Example, error) {
	if r.policy.Copies == 0 {
		return ex, nil
	}
	w := r.worker()
	defer r.idle.Put(w)
	w.stream.Reset(r.opts.Seed, random.Augment, epoch, ex.Row, 0)
	number := 1
	if r.policy.Original {
		number = w.stream.IntN(r.policy.Copies + 1)
	} else {
		number += w.stream.IntN(r.policy.Copies)
	}
	if number == 0 {
		return ex, nil
	}
	var copied sample.Example
	_, err := r.copy(w, &ex, epoch, uint16(number), nil, &copied)
	return copied, err
}

// copy makes a copy in out, if need be several times over, and reports whether
// the filters let it pass; else out is ex. Examples go by pointer: they are large.
func (r *Runner) copy(w *worker, ex *sample.Example, epoch uint32, number uint16, earlier []sample.Example, out *sample.Example) (bool, error) {
	*out = *ex
	if n := max(len(ex.Text), len(ex.Pair)); n > r.policy.MaxBytes {
		return false, fmt.Errorf("augment: row %d has a text of %d bytes; at most %d are allowed, or raise max_bytes: %w", ex.Row, n, r.policy.MaxBytes, ErrTooLong)
	}
	r.choose(w, ex.Row, epoch, number)
	for range r.policy.Tries {
		if err := r.attempt(w, out); err != nil {
			return false, err
		}
		if r.fits(w, ex, out, earlier) {
			out.Copy = number
			return true, nil
		}
		*out = *ex
	}
	return false, nil
}

// fits applies the policy's filters. A copy that waits for a batch operator is
// compared after it.
func (r *Runner) fits(w *worker, ex, copied *sample.Example, earlier []sample.Example) bool {
	f := &r.policy.Filters
	if f.Duplicates && len(w.batch) == 0 && (same(ex, copied) || among(copied, earlier)) {
		return false
	}
	if f.MinEditRate == 0 && f.MaxEditRate == 0 {
		return true
	}
	rate := float64(w.changes) / float64(max(w.words, 1))
	return rate >= f.MinEditRate && (f.MaxEditRate == 0 || rate <= f.MaxEditRate)
}

// choose draws the steps of a copy into w.chosen and leaves the stream of the
// copy in w.
func (r *Runner) choose(w *worker, row uint64, epoch uint32, number uint16) {
	w.chosen = w.chosen[:0]
	for s := range r.before {
		w.chosen = append(w.chosen, s)
	}
	if r.policy.Choose == "balanced" {
		w.chosen = append(w.chosen, r.balanced(w, row, epoch, number))
		w.stream.Reset(r.opts.Seed, random.Augment, epoch, row, number)
		return
	}
	w.stream.Reset(r.opts.Seed, random.Augment, epoch, row, number)
	if r.policy.Choose == "one" {
		w.chosen = append(w.chosen, r.weighted(&w.stream))
		return
	}
	for s := r.before; s < len(r.steps); s++ {
		w.chosen = append(w.chosen, s)
	}
	if r.policy.Order == "random" {
		rest := w.chosen[r.before:]
		w.stream.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	}
}

// balanced deals ⌊copies/steps⌋+1 cards of each step, shuffled by the example's
// own stream, and returns the card of this copy.
func (r *Runner) balanced(w *worker, row uint64, epoch uint32, number uint16) int {
	n := len(r.steps) - r.before
	cards := n * (r.policy.Copies/n + 1)
	w.deal = w.deal[:0]
	for c := range cards {
		w.deal = append(w.deal, r.before+c%n)
	}
	w.stream.Reset(r.opts.Seed, random.Augment, epoch, row, 1<<15) // no copy has this number
	for i := range min(int(number), cards) {
		j := i + w.stream.IntN(cards-i)
		w.deal[i], w.deal[j] = w.deal[j], w.deal[i]
	}
	return w.deal[(int(number)-1)%cards]
}

// weighted draws one step.
func (r *Runner) weighted(s *random.Stream) int {
	x := s.Float64() * r.weight
	for i := r.before; i < len(r.steps); i++ {
		if x -= r.steps[i].Weight; x < 0 {
			return i
		}
	}
	return len(r.steps) - 1
}

// attempt applies the chosen steps to an example.
func (r *Runner) attempt(w *worker, copied *sample.Example) error {
	w.changes, w.words, w.batch, w.audit = 0, 0, w.batch[:0], w.audit[:0]
	for at, s := range w.chosen {
		if p := r.steps[s].Probability; p < 1 && w.stream.Float64() >= p {
			continue
		}
		if r.steps[s].batch != nil {
			w.batch = append(w.batch, s)
			continue
		}
		if r.policy.Side != "pair" || !copied.HasPair {
			if err := r.apply(w, s, copied, false, at == 0); err != nil {
				return err
			}
		}
		if copied.HasPair && r.policy.Side != "text" {
			if err := r.apply(w, s, copied, true, at == 0); err != nil {
				return err
			}
		}
	}
	if len(w.audit) > 0 {
		copied.Audit = join(copied.Audit, strings.Join(w.audit, "; "))
	}
	return nil
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// apply runs one operator on one text of a copy.
func (r *Runner) apply(w *worker, s int, ex *sample.Example, pair, first bool) error {
	t, text := &w.text, ex.Text
	if pair {
		text = ex.Pair
	}
	var units []sample.Range
	if !pair {
		units = ex.Words
	}
	t.reset(text, units, labelled(ex, pair, r.opts.Outside))
	if first {
		w.words += t.Len()
	}
	t.scale = 1
	if r.policy.Magnitude == "uniform" {
		t.scale = w.stream.Float64()
	}
	if t.Len() == 0 || t.Len() < r.policy.MinWords {
		return nil
	}
	r.steps[s].row.Augment(t, &w.stream)
	edits := t.finish()
	n := changes(edits)
	if n == 0 || r.policy.Budget < 1 && float64(w.changes+n) > r.policy.Budget*float64(t.Len()) {
		return nil
	}
	w.changes += n
	if r.policy.Audit {
		w.audit = append(w.audit, describe(r.steps[s].Name, text, edits))
	}
	if pair {
		return edits.ApplyPair(ex)
	}
	if err := edits.Apply(ex); err != nil {
		return err
	}
	dropEmpty(ex)
	return nil
}

// changes counts edits, without the spaces that go with inserted words.
func changes(edits edit.List) int {
	n := 0
	for i := range edits {
		if !separator(edits, i) {
			n++
		}
	}
	return n
}

// separator reports whether an edit is the space beside an inserted word.
func separator(edits edit.List, i int) bool {
	e := edits[i]
	inserts := func(k int) bool {
		return k >= 0 && k < len(edits) && edits[k].Len() == 0 && edits[k].Start == e.Start && edits[k].With != " "
	}
	return e.With == " " && e.Len() == 0 && (inserts(i-1) || inserts(i+1))
}

// describe says what edits do, for people: operator: old→new, and so on.
func describe(name, text string, edits edit.List) string {
	var b strings.Builder
	b.WriteString(name)
	sep := ": "
	for i, e := range edits {
		if separator(edits, i) {
			continue
		}
		old := text[e.Start:e.End]
		b.WriteString(sep)
		if trimmed := strings.TrimSpace(old); trimmed != "" && strings.TrimSpace(e.With) != "" {
			old = trimmed
		}
		switch {
		case e.Len() == 0:
			b.WriteString("+" + e.With)
		case e.With == "":
			b.WriteString("-" + strings.TrimSpace(old))
		default:
			b.WriteString(old + "→" + e.With)
		}
		sep = ", "
	}
	return b.String()
}

// labelled returns the stretches of a text that carry labels.
func labelled(ex *sample.Example, pair bool, outside int64) []sample.Range {
	switch {
	case ex.Label.Kind == sample.SpanLabel && pair == ex.HasPair && len(ex.Label.Int) == 2 && ex.Label.Int[0] >= 0:
		return []sample.Range{{Start: int(ex.Label.Int[0]), End: int(ex.Label.Int[1])}}
	case ex.Label.Kind == sample.TagLabel && !pair:
		var out []sample.Range
		for i, w := range ex.Words {
			if i < len(ex.Label.Int) && (outside < 0 || ex.Label.Int[i] != outside) {
				out = append(out, w)
			}
		}
		return out
	}
	return nil
}

// dropEmpty takes words that were deleted, and their tags, off an example.
func dropEmpty(ex *sample.Example) {
	if ex.Label.Kind != sample.TagLabel || len(ex.Label.Int) != len(ex.Words) {
		return
	}
	gone := 0
	for _, w := range ex.Words {
		if w.Len() == 0 {
			gone++
		}
	}
	if gone == 0 {
		return
	}
	words := make([]sample.Range, 0, len(ex.Words)-gone)
	tags := make([]int64, 0, len(ex.Words)-gone)
	for i, w := range ex.Words {
		if w.Len() > 0 {
			words, tags = append(words, w), append(tags, ex.Label.Int[i])
		}
	}
	ex.Words, ex.Label.Int = words, tags
}
