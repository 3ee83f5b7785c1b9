package inspect

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

const (
	// textLength bounds the texts of a report, textBefore what is shown of one
	// before what is odd about it. Units: bytes.
	textLength = 300
	textBefore = 40
)

// excerpt copies the beginning of a text, cut between characters.
func excerpt(text string) string { return excerptAt(text, 0) }

// excerptAt copies a text, or what is around a place of it.
func excerptAt(text string, at int) string {
	from, to := max(0, at-textBefore), len(text)
	if from+textLength >= to {
		from = max(0, min(from, to-textLength))
	} else {
		to = from + textLength
	}
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	var before, after string
	if from > 0 {
		before = "…"
	}
	if to < len(text) {
		after = "…"
	}
	return strings.Clone(before + text[from:to] + after)
}

// wanted are the places of a report where rows are to be shown, by their ids.
type wanted map[uint64][]place

// place is one of them; odd is the number of the oddity to show, or -1.
type place struct {
	row *Row
	odd int
}

func (w wanted) add(row *Row, odd int) { w[row.Row] = append(w[row.Row], place{row, odd}) }

func (w wanted) rows(rows []Row, odd int) {
	for i := range rows {
		w.add(&rows[i], odd)
	}
}

func (w wanted) set(r *SetReport) {
	w.rows(r.First, -1)
	for i := range r.Texts {
		w.rows(r.Texts[i].Texts, i)
	}
	if near := r.Duplicates.Near; near != nil {
		w.rows(near.Texts, -1)
	}
	for _, groups := range [][]Group{r.Duplicates.Exact.Groups, r.Duplicates.Folded.Groups, r.Conflicts.Exact.Groups, r.Conflicts.Folded.Groups} {
		for i := range groups {
			w.rows(groups[i].Rows, -1)
		}
	}
}

// show reads the sets again for the texts of the rows that the report shows.
func show(ctx context.Context, looks []*look, r *Report) error {
	want := make([]wanted, len(looks))
	for i := range looks {
		want[i] = wanted{}
		want[i].set(&r.Sets[i])
	}
	for i, next := 0, 0; i < len(looks); i++ {
		for j := range i {
			for k := range r.Leaks[next].Pairs {
				p := &r.Leaks[next].Pairs[k]
				want[i].add(&p.Row, -1)
				want[j].add(&p.Of, -1)
			}
			next++
		}
	}
	for i, l := range looks {
		if err := l.show(ctx, want[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) show(ctx context.Context, want wanted) error {
	if len(want) == 0 {
		return nil
	}
	last := slices.Max(slices.Collect(maps.Keys(want)))
	return each(ctx, l.set.Rows(), func(b *record.Batch) (more bool) {
		defer b.Release()
		more = true
		for _, ex := range b.Examples() {
			for _, p := range want[ex.Row] {
				p.fill(&ex, l.set.Names)
			}
			more = ex.Row < last
		}
		return more
	})
}

// fill puts in what the row holds.
func (p place) fill(ex *sample.Example, names []string) {
	cut := func(text string) string {
		at := 0
		if p.odd >= 0 {
			at = max(at, oddities[p.odd].in(text))
		}
		return excerptAt(text, at)
	}
	row := p.row
	row.Text, row.Pair, row.Label = cut(ex.Text), cut(ex.Pair), labelText(ex, names)
	for _, text := range []string{row.Text, row.Pair} {
		was := windows(text)
		if mojibake(text) >= 0 {
			was = repair(text)
		}
		if was != text && row.Repaired == "" {
			row.Repaired = was
		}
	}
}
