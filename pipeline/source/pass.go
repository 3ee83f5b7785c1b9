package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Rows returns a new pass over all rows, in batches of at most record.MaxRows.
// A data set without any row is an error.
func (s *Set) Rows() pipeline.Source[*record.Batch] {
	p := &pass{set: s}
	return pipeline.New(p.next, p.close)
}

// Readable returns a new pass over the rows that are as they should be: the
// others, without a text, with an unknown label or the like, are left out, and
// skip is told why, in order. Ids are those of Rows. A file that is damaged is an
// error still, so is a data set without any row, but not one without any such.
func (s *Set) Readable(skip func(*Error)) pipeline.Source[*record.Batch] {
	p := &pass{set: s, skip: skip}
	return pipeline.New(p.next, p.close)
}

// pass is the state of one reading of a Set, or of a part of it.
type pass struct {
	set      *Set
	part     *Part        // nil: all
	skip     func(*Error) // nil: a row that cannot be used is an error
	file     int          // index of the open file, or of the next one
	open     table
	cols     Columns
	places   [7]int
	late     []string // columns behind these, which no row should have
	declared []int64  // our numbers of the classes that the open file declares
	before   uint64   // rows of the files before
	row      int64    // rows read of the open file
	buffer   sample.Example
	class    [1]int64 // where the buffer's label lies
}

func (p *pass) next(ctx context.Context) (*record.Batch, error) {
	for {
		if p.open == nil {
			if p.file == len(p.set.paths) {
				if p.before == 0 {
					return nil, &Error{Path: p.set.describe(), Err: ErrEmpty}
				}
				return nil, io.EOF
			}
			if err := p.begin(); err != nil {
				return nil, err
			}
		}
		limit := record.MaxRows
		if p.part != nil {
			limit = min(limit, p.part.Rows-int(p.row))
			if limit == 0 {
				return nil, io.EOF
			}
		}
		rows, err := p.open.read(ctx, limit)
		if err == nil {
			b, err := p.assemble(rows)
			if err == nil && b.Len() == 0 {
				b.Release()
				continue
			}
			return b, err
		}
		if !errors.Is(err, io.EOF) {
			return nil, p.explain(err)
		}
		if p.part != nil {
			return nil, p.explain(fmt.Errorf("the part has %d rows, %d were there before; do not change files that are read: %w", p.row, p.part.Rows, ErrFormat))
		}
		if err := p.close(); err != nil {
			return nil, p.explain(err)
		}
		p.file++
		p.before += uint64(p.row)
	}
}

// explain adds the path to an error, and the rows read before.
func (p *pass) explain(err error) *Error {
	place := (&Error{Path: p.set.paths[p.file], Err: err}).absorb()
	if place.Row > 0 {
		place.Row += p.row
		if p.part != nil {
			place.Row += int64(p.part.First)
		}
	}
	return place
}

func (p *pass) begin() error {
	path := p.set.paths[p.file]
	t, err := p.set.openTable(path, p.set.have[p.file])
	if err != nil {
		return err
	}
	p.open, p.row = t, 0
	opts := p.set.opts
	if p.cols, err = opts.Columns.resolve(path, t.columns(), p.set.asked, opts.Optional); err != nil {
		return err
	}
	p.places = p.cols.places()
	if p.declared, err = p.set.label.accepts(t.classes(p.cols.target())); err != nil {
		return &Error{Path: path, Column: p.cols.target(), Err: err}
	}
	p.late = nil
	if o, ok := t.(*opened); ok && o.late() && p.set.asked != sample.NoLabel && p.cols.target() == "" {
		_, p.late = usualLabels(p.set.asked)
	}
	err = t.choose(append(p.cols.names(), p.late...))
	if err == nil && p.part != nil {
		err = t.seek(*p.part)
	}
	return at(err, path)
}

// assemble turns a chunk into a record batch, checking every row.
func (p *pass) assemble(rows chunk) (*record.Batch, error) {
	b := record.NewBuilder(p.set.opts.Memory, p.set.opts.Kind)
	defer b.Release()
	if c := p.places[0]; c >= 0 {
		bytes := 0
		for _, text := range rows.cells[c] {
			bytes += len(text.s)
		}
		b.Grow(rows.rows, bytes)
	}
	for r := range rows.rows {
		late := p.lateLabel(rows, r)
		err := late
		if err == nil {
			err = p.example(rows, r)
		}
		if err == nil {
			err = b.Append(p.buffer)
		}
		if err != nil {
			place := &Error{Row: int64(r) + 1, RowGroup: rows.group, Err: err}
			if rows.line != nil {
				place.Line = rows.line[r]
			}
			fault := p.explain(place.absorb())
			if p.skip == nil || late != nil {
				return nil, fault
			}
			p.skip(fault)
		}
	}
	p.row += int64(rows.rows)
	return b.Batch(), nil
}

// example makes row r of a chunk the example in the buffer.
func (p *pass) example(rows chunk, r int) (err error) {
	ex := &p.buffer
	*ex = sample.Example{Row: p.before + uint64(p.row) + uint64(r)}
	get := func(slot int) *cell { return &rows.cells[p.places[slot]][r] }
	if p.places[0] >= 0 {
		if ex.Text, err = get(0).asText(p.cols.Text); err != nil {
			return err
		}
	}
	if p.places[1] >= 0 {
		ex.HasPair = true
		if ex.Pair, err = get(1).asText(p.cols.Pair); err != nil {
			return err
		}
	}
	if p.places[2] >= 0 {
		if err := words(ex, *get(2)); err != nil {
			return &Error{Column: p.cols.Tokens, Err: err}
		}
	}
	switch {
	case p.places[3] >= 0:
		ex.Label, err = p.set.label.label(get(3), p.declared, &p.class)
	case p.places[4] >= 0:
		ex.Label, err = p.set.label.tags(*get(4), p.declared, len(ex.Words))
	case p.places[5] >= 0:
		ex.Label, err = p.set.label.span(*get(5), *get(6), ex)
	}
	if err != nil {
		return &Error{Column: p.cols.target(), Err: err}
	}
	return nil
}

// lateLabel reports a label of a row in a file whose first rows have none: it
// would be lost without a word.
func (p *pass) lateLabel(rows chunk, r int) error {
	for i, name := range p.late {
		if c := rows.cells[len(rows.cells)-len(p.late)+i][r]; !c.empty() && !(c.kind == text && c.s == "") {
			option, _ := usualLabels(p.set.asked)
			return &Error{Column: name, Err: fmt.Errorf("the first rows, where columns are looked for, have no such field; set %s to it, or put a row with a label first: %w", option, ErrNoColumn)}
		}
	}
	return nil
}

// words makes the text of its tokens, with a space between any two.
func words(ex *sample.Example, c cell) error {
	if c.kind != list || len(c.items()) == 0 {
		return fmt.Errorf("%s; a list of at least one token is expected: %w", c.describe(), ErrType)
	}
	size := len(c.items()) - 1
	for i, item := range c.items() {
		if item.kind != text || item.s == "" {
			return fmt.Errorf("token %d is %s; a text is expected: %w", i+1, item.describe(), ErrType)
		}
		if !utf8.ValidString(item.s) {
			return fmt.Errorf("token %d: the byte at %d begins no character; convert the file to UTF-8: %w", i+1, firstInvalid(item.s), ErrUTF8)
		}
		size += len(item.s)
	}
	if size > math.MaxInt32 {
		return fmt.Errorf("the tokens have %d bytes: %w", size, ErrTooLarge)
	}
	var b strings.Builder
	b.Grow(size)
	ex.Words = make([]sample.Range, len(c.items()))
	for i, item := range c.items() {
		if i > 0 {
			b.WriteByte(' ')
		}
		start := b.Len()
		b.WriteString(item.s)
		ex.Words[i] = sample.Range{Start: start, End: b.Len()}
	}
	ex.Text = b.String()
	return nil
}

func (p *pass) close() error {
	if p.open == nil {
		return nil
	}
	err := p.open.close()
	p.open = nil
	return err
}
