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

// textLength bounds the texts of a report. Units: bytes.
const textLength = 300

// excerpt copies the beginning of a text, cut between characters.
func excerpt(text string) string {
	if len(text) <= textLength {
		return strings.Clone(text)
	}
	cut := textLength
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// wanted are the places of a report where rows are to be shown, by their ids.
type wanted map[uint64][]*Row

func (w wanted) rows(rows []Row) {
	for i := range rows {
		w[rows[i].Row] = append(w[rows[i].Row], &rows[i])
	}
}

func (w wanted) groups(groups []Group) {
	for i := range groups {
		w.rows(groups[i].Rows)
	}
}

func (w wanted) set(r *SetReport) {
	w.rows(r.First)
	for i := range r.Texts {
		w.rows(r.Texts[i].Texts)
	}
	if near := r.Duplicates.Near; near != nil {
		w.rows(near.Texts)
	}
	for _, groups := range [][]Group{r.Duplicates.Exact.Groups, r.Duplicates.Folded.Groups, r.Conflicts.Exact.Groups, r.Conflicts.Folded.Groups} {
		w.groups(groups)
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
				want[i][p.Row.Row] = append(want[i][p.Row.Row], &p.Row)
				want[j][p.Of.Row] = append(want[j][p.Of.Row], &p.Of)
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
			for _, row := range want[ex.Row] {
				row.fill(&ex, l.set.Names)
			}
			more = ex.Row < last
		}
		return more
	})
}

// fill puts in what the row holds.
func (row *Row) fill(ex *sample.Example, names []string) {
	row.Text, row.Pair, row.Label = excerpt(ex.Text), excerpt(ex.Pair), labelText(ex, names)
	if isMojibake(ex.Text) {
		row.Repaired = excerpt(repair(ex.Text))
	} else if isMojibake(ex.Pair) {
		row.Repaired = excerpt(repair(ex.Pair))
	}
}
