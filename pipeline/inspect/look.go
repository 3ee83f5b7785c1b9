package inspect

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
)

// look is the state of looking at one set.
type look struct {
	opts Options
	set  Set

	rows       int64
	first      []uint64 // the first rows
	characters histogram
	tokens     histogram
	longer     int64
	labels     spread
	odd        []finder
	marks      marks
}

// finder collects the rows of one kind.
type finder struct {
	rows int64
	list best[uint64]
}

func newLook(o Options, s Set) *look {
	l := &look{opts: o, set: s, labels: newSpread(s.Kind, len(s.Names)), marks: marks{limit: o.Compare}}
	for range oddities {
		l.odd = append(l.odd, finder{list: ascending(max(o.List, o.Texts))})
	}
	return l
}

// measure is what is kept of a row on its way from a worker.
type measure struct {
	mark
	blank              bool
	characters, tokens int
	odd                uint // bit i: oddities[i]
}

// measured is a batch after a worker.
type measured struct {
	rows   []measure
	labels spread
}

// read goes through all rows.
func (l *look) read(ctx context.Context) error {
	return each(ctx, pipeline.Map(l.set.Rows(), l.opts.Workers, l.measure), func(m *measured) bool {
		l.labels.merge(m.labels)
		for i := range m.rows {
			l.add(&m.rows[i])
		}
		return true
	})
}

// each gives the values of a source, which it closes, to fn until that has
// enough.
func each[T any](ctx context.Context, src pipeline.Source[T], fn func(T) (more bool)) (err error) {
	for err == nil {
		var value T
		if value, err = src.Next(ctx); err == nil && !fn(value) {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	closing := src.Close()
	if err == nil && !errors.Is(closing, context.Canceled) {
		err = closing
	}
	return err
}

// measure looks at the rows of a batch.
func (l *look) measure(_ context.Context, b *record.Batch) (*measured, error) {
	defer b.Release()
	examples := b.Examples()
	out := &measured{rows: make([]measure, len(examples)), labels: newSpread(l.set.Kind, len(l.set.Names))}
	var buffer []byte
	for i := range examples {
		ex, m := &examples[i], &out.rows[i]
		m.mark, buffer = fingerprint(buffer, ex)
		m.blank = blank(ex.Text) == 0 && blank(ex.Pair) == 0
		m.characters = utf8.RuneCountInString(ex.Text) + utf8.RuneCountInString(ex.Pair)
		m.odd = oddIn(ex)
		out.labels.add(ex.Label)
		if l.opts.Tokens != nil {
			var err error
			if m.tokens, err = l.opts.Tokens(ex); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// add counts a row; rows come in order.
func (l *look) add(m *measure) {
	l.rows++
	if len(l.first) < l.opts.Texts {
		l.first = append(l.first, m.row)
	}
	l.characters.add(m.characters)
	if l.opts.Tokens != nil {
		l.tokens.add(m.tokens)
		if m.tokens > l.opts.MaxLength {
			l.longer++
		}
	}
	for i := range l.odd {
		if m.odd>>i&1 == 1 {
			l.odd[i].rows++
			l.odd[i].list.add(m.row)
		}
	}
	if !m.blank {
		l.marks.add(m.mark)
	}
}

// report says what was found, without the texts to show.
func (l *look) report() SetReport {
	r := SetReport{
		Name: l.set.Name, Rows: l.rows, Labels: l.labels.report(l.set.Names), Compared: l.marks.share(),
		Characters: l.characters.report(),
	}
	for _, row := range l.first {
		r.First = append(r.First, Row{Row: row})
	}
	if l.opts.Tokens != nil {
		r.Tokens = l.tokens.report()
		if l.opts.MaxLength > 0 {
			r.Tokens.Limit, r.Tokens.Longer = l.opts.MaxLength, l.longer
		}
	}
	for i, o := range oddities {
		r.Texts = append(r.Texts, Oddity{Name: o.name, Doc: o.doc, Finding: l.finding(l.odd[i].rows, &l.odd[i].list)})
	}
	r.Duplicates, r.Conflicts = l.repeats()
	return r
}

// finding lists the rows collected.
func (l *look) finding(rows int64, list *best[uint64]) Finding {
	f := Finding{Rows: rows}
	all := list.sorted()
	for _, row := range all[:min(len(all), l.opts.Texts)] {
		f.Texts = append(f.Texts, Row{Row: row})
	}
	f.List = all[:min(len(all), l.opts.List)]
	return f
}
