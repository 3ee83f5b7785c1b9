package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table is one open file: rows of named cells.
type table interface {
	// columns names what the file has.
	columns() []string
	// classes are the class names that the file declares for a column, if any.
	classes(column string) []string
	// typeOf names the type of a column; empty where a format has none.
	typeOf(column string) string
	// choose says which columns read is to return, before the first read.
	choose(columns []string) error
	// read returns up to limit rows, or io.EOF. The chunk and the texts in it are
	// valid until the next call.
	read(ctx context.Context, limit int) (chunk, error)
	// parts cuts the file into parts, without path and first row. The table
	// cannot be read afterwards.
	parts(ctx context.Context) ([]Part, error)
	// seek makes read begin with the first row of a part.
	seek(p Part) error
	close() error
}

// chunk is some rows of the chosen columns: cells[c][r].
type chunk struct {
	rows  int
	cells [][]cell
	// line[r] is the line where row r begins, in formats that have lines.
	line []int
	// group is the row group or record batch, from 1, in formats that have any.
	group int
}

// reset empties the chunk and keeps its memory.
func (c *chunk) reset() {
	c.rows, c.line = 0, c.line[:0]
	for i := range c.cells {
		c.cells[i] = c.cells[i][:0]
	}
}

// fill empties the chunk and lets row put in one row after another, up to limit;
// row returns the line where its row begins, and io.EOF after the last one.
func (c *chunk) fill(ctx context.Context, limit int, row func() (line int, err error)) (chunk, error) {
	if err := ctx.Err(); err != nil {
		return chunk{}, err
	}
	c.reset()
	for c.rows < limit {
		line, err := row()
		if errors.Is(err, io.EOF) && c.rows > 0 {
			break
		}
		if err != nil {
			return chunk{}, rowError(err, c.rows)
		}
		c.line = append(c.line, line)
		c.rows++
	}
	return *c, nil
}

// rowError adds to an error how many rows lie before it.
func rowError(err error, before int) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	return (&Error{Row: int64(before) + 1, Err: err}).absorb()
}

// format is one kind of file.
type format struct {
	extensions []string
	open       func(in *input, opts Options) (table, error)
}

// formats is the sealed table of formats by extension.
var formats = map[string]format{}

func register(f format) format {
	for _, ext := range f.extensions {
		if _, twice := formats[ext]; twice {
			panic("source: two formats for " + ext)
		}
		formats[ext] = f
	}
	return f
}

// Formats lists the extensions that are read.
func Formats() []string {
	var known []string
	for ext := range formats {
		known = append(known, ext)
	}
	slices.Sort(known)
	return known
}

// openTable opens a file. known are its columns, if they have been found
// before.
func (s *Set) openTable(path string, known []string) (table, error) {
	ext := extension(path)
	if s.opts.Format != "" {
		ext = "." + strings.TrimPrefix(strings.ToLower(s.opts.Format), ".")
	}
	f, ok := formats[ext]
	if !ok {
		return nil, &Error{Path: path, Err: fmt.Errorf("files with extension %q are not read; expected one of %s, or a format must be named: %w", ext, strings.Join(Formats(), " "), ErrFormat)}
	}
	in, err := openInput(path, s.spool)
	if err != nil {
		return nil, at(err, path)
	}
	opts := s.opts
	opts.known = known
	t, err := f.open(in, opts)
	if err != nil {
		return nil, at(firstOf(err, in.close()), path)
	}
	return &opened{t, in}, nil
}

// opened is a table with the file that it reads.
type opened struct {
	table
	in *input
}

func (o *opened) close() error { return firstOf(o.table.close(), o.in.close()) }

// late reports whether a row may have columns that the first rows have not.
func (o *opened) late() bool {
	_, ok := o.table.(*jsonTable)
	return ok
}

// parts cuts what can be sought into parts; the rest is one part.
func (o *opened) parts(ctx context.Context) ([]Part, error) {
	found, err := o.table.parts(ctx)
	if err != nil || o.in.seekable() {
		return found, err
	}
	whole := Part{Line: 1, Whole: true}
	for _, p := range found {
		whole.Rows += p.Rows
	}
	return []Part{whole}, nil
}

func (o *opened) seek(p Part) error {
	if p.Whole {
		return nil // where it is after opening
	}
	return o.table.seek(p)
}
