package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
)

// Peeked is what the first rows of a data set hold, before anybody has said what
// its columns mean.
type Peeked struct {
	// Paths are all files of the data set; the rows are of the first one.
	Paths   []string
	Rows    int
	Columns []PeekedColumn
}

// PeekedColumn is one column of the first rows.
type PeekedColumn struct {
	// Name as in the file, Type where the format has types, Classes where the file
	// declares the names of its integers.
	Name, Type string
	Classes    []string
	// Values are the cells that hold a text, a number or a truth value, as text;
	// for integers with declared names, these.
	Values []string
	// Texts, Integers, Numbers and Lists count the cells of each kind; Numbers are
	// those with a fraction other than 0. Texts that are numbers count as these.
	Texts, Integers, Numbers, Lists int
}

// Peek reads at most so many rows of the first of the files that a path names.
// Of the options it takes those about the form of files.
func Peek(ctx context.Context, path string, opts Options, rows int) (p Peeked, err error) {
	paths, err := expand(path)
	if err != nil {
		return p, err
	}
	if opts.Memory == nil {
		opts.Memory = new(record.Allocator)
	}
	return (&Set{paths: paths, opts: opts}).Peek(ctx, rows)
}

// Peek reads at most so many rows of the first file, all columns of them.
func (s *Set) Peek(ctx context.Context, rows int) (p Peeked, err error) {
	p.Paths = s.Paths()
	t, err := s.openTable(p.Paths[0], nil)
	if err != nil {
		return p, err
	}
	defer func() { err = firstOf(err, at(t.close(), p.Paths[0])) }()
	for _, name := range t.columns() {
		p.Columns = append(p.Columns, PeekedColumn{Name: name, Type: t.typeOf(name), Classes: t.classes(name)})
	}
	if err := t.choose(t.columns()); err != nil {
		return p, at(err, p.Paths[0])
	}
	for p.Rows < rows {
		c, err := t.read(ctx, min(rows-p.Rows, 1024))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, at(err, p.Paths[0])
		}
		p.Rows += c.rows
		for i := range p.Columns {
			for _, cell := range c.cells[i] {
				p.Columns[i].take(cell)
			}
		}
	}
	if p.Rows == 0 {
		return p, &Error{Path: p.Paths[0], Err: fmt.Errorf("the file has no rows: %w", ErrEmpty)}
	}
	return p, nil
}

// take adds a cell.
func (c *PeekedColumn) take(v cell) {
	switch v.kind {
	case text:
		if v.s == "" {
			return
		}
		c.Values = append(c.Values, strings.Clone(v.s))
		switch f, err := strconv.ParseFloat(v.s, 64); {
		case err != nil:
			c.Texts++
		case whole(v.s, f):
			c.Integers++
		default:
			c.Numbers++
		}
	case integer:
		c.Integers++
		value := strconv.FormatInt(v.i, 10)
		if v.i >= 0 && v.i < int64(len(c.Classes)) {
			value = c.Classes[v.i]
		}
		c.Values = append(c.Values, value)
	case float:
		if _, whole := v.asInteger(); whole {
			c.Integers++
		} else {
			c.Numbers++
		}
		c.Values = append(c.Values, strconv.FormatFloat(v.f, 'g', -1, 64))
	case boolean:
		c.Texts++
		c.Values = append(c.Values, v.s)
	case list:
		c.Lists++
	}
}

// whole reports whether a text that is a number has no fraction. So 3.0 counts
// as 3, which is how tables with empty cells write their integers.
func whole(s string, f float64) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil || f == math.Trunc(f) && !math.IsInf(f, 0)
}
