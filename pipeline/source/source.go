// Package source reads labelled texts from files into Arrow record batches.
//
// Nouns: a Set is the files of one data set with its column mapping and label
// names settled; Rows is one pass over it. Path: Open looks at every file's
// columns, and, when nobody names the classes, at its labels; Set.Rows then
// yields record.Batch after record.Batch, rows numbered over all files in the
// order given.
//
// Formats by extension: .csv, .jsonl (.ndjson, .json with one object a line),
// .parquet. One file of this package is one format.
//
// Errors are of type *Error, which names path, row, line, row group and column
// where they are known, and wrap one of the package's sentinels. Nothing in a
// file makes the package panic.
//
// Concurrency: a Set is immutable and may be shared; each Source that Rows
// returns serves one goroutine and decodes on it.
//
// The package knows nothing of tokens or cleaning.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Options say how to read a data set.
type Options struct {
	// Columns names the columns to use; empty names stand for the defaults.
	Columns Columns
	// Kind is the kind of label wanted: NoLabel leaves labels unread,
	// ClassLabel and ValueLabel read the label column.
	Kind sample.LabelKind
	// Names are the classes in order, as a model or the training data knows
	// them. Without names they are those of the file's ClassLabel metadata, else
	// what one pass over the data finds, sorted.
	Names []string
	// Optional lets the label column, or the label of single rows, be absent.
	Optional bool
	// Memory counts the Arrow memory of the batches; nil counts nowhere.
	Memory *record.Allocator
}

// Set is the files of one data set.
type Set struct {
	paths []string
	opts  Options
	label labeler
}

// Open looks at the files and settles columns and label names. It reads the
// labels of all rows if classes are wanted and nobody names them.
func Open(ctx context.Context, paths []string, opts Options) (*Set, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("source: no files given; at least one is expected: %w", ErrEmpty)
	}
	if opts.Kind > sample.ClassLabel && opts.Kind != sample.ValueLabel {
		return nil, fmt.Errorf("source: labels of kind %d; none, class or value is expected: %w", opts.Kind, ErrType)
	}
	if opts.Memory == nil {
		opts.Memory = new(record.Allocator)
	}
	s := &Set{paths: slices.Clone(paths), opts: opts}
	classes, labelled, err := s.inspect()
	if err != nil {
		return nil, err
	}
	switch {
	case !labelled:
		s.opts.Kind = sample.NoLabel
	case opts.Kind == sample.ClassLabel && opts.Names == nil && classes != nil:
		s.opts.Names = classes
	case opts.Kind == sample.ClassLabel && opts.Names == nil:
		if s.opts.Names, err = s.collect(ctx); err != nil {
			return nil, err
		}
	}
	s.label = newLabeler(s.opts)
	return s, nil
}

// Kind returns the kind of label that the rows carry: NoLabel when an optional
// label column is absent.
func (s *Set) Kind() sample.LabelKind { return s.opts.Kind }

// Names returns the classes in order; nil unless Kind is ClassLabel.
func (s *Set) Names() []string {
	if s.opts.Kind != sample.ClassLabel {
		return nil
	}
	return slices.Clone(s.opts.Names)
}

// inspect checks every file's columns and returns the class names that the
// files declare and whether there is a label column.
func (s *Set) inspect() (classes []string, labelled bool, err error) {
	for i, path := range s.paths {
		t, err := openTable(path)
		if err != nil {
			return nil, false, err
		}
		cols, err := s.opts.Columns.resolve(path, t.columns(), s.opts.Kind != sample.NoLabel && !s.opts.Optional)
		declared := t.classes(cols.Label)
		if closing := t.close(); err == nil && closing != nil {
			err = &Error{Path: path, Err: closing}
		}
		if err != nil {
			return nil, false, err
		}
		has := cols.Label != "" && s.opts.Kind != sample.NoLabel
		if i == 0 {
			classes, labelled = declared, has
		}
		if has != labelled {
			return nil, false, &Error{Path: path, Err: fmt.Errorf("label column present: %v, but in %s: %v; all files must agree: %w", has, s.paths[0], labelled, ErrNoColumn)}
		}
		if !slices.Equal(classes, declared) {
			return nil, false, &Error{Path: path, Column: cols.Label, Err: fmt.Errorf("declares the classes %v, but %s declares %v; all files must agree: %w", declared, s.paths[0], classes, ErrUnknownLabel)}
		}
	}
	return classes, labelled, nil
}

// table is one open file: rows of named cells.
type table interface {
	// columns names what the file has.
	columns() []string
	// classes are the class names that the file declares for a column, if any.
	classes(column string) []string
	// choose says which columns read is to return, before the first read.
	choose(columns []string) error
	// read returns up to limit rows, or io.EOF. The result is valid until the
	// next call.
	read(ctx context.Context, limit int) (chunk, error)
	close() error
}

// chunk is some rows of the chosen columns: cells[c][r].
type chunk struct {
	rows  int
	cells [][]cell
	// line[r] is the line where row r begins, in formats that have lines.
	line []int
	// group is the row group of a Parquet file, from 1.
	group int
}

// format is one kind of file.
type format struct {
	extensions []string
	open       func(path string) (table, error)
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

func openTable(path string) (table, error) {
	f, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		var known []string
		for ext := range formats {
			known = append(known, ext)
		}
		slices.Sort(known)
		return nil, &Error{Path: path, Err: fmt.Errorf("files with extension %q are not read; expected one of %s: %w", filepath.Ext(path), strings.Join(known, " "), ErrFormat)}
	}
	t, err := f.open(path)
	if err != nil {
		return nil, at(err, path)
	}
	return t, nil
}

// Rows returns a new pass over all rows, in batches of at most record.MaxRows.
// A data set without any row is an error.
func (s *Set) Rows() pipeline.Source[*record.Batch] {
	p := &pass{set: s}
	return pipeline.New(p.next, p.close)
}

// pass is the state of one reading of a Set.
type pass struct {
	set      *Set
	file     int // index of the open file, or of the next one
	open     table
	cols     Columns
	declared []string // classes that the open file declares
	before   uint64   // rows of the files before
	row      int64    // rows read of the open file
}

func (p *pass) next(ctx context.Context) (*record.Batch, error) {
	for {
		if p.open == nil {
			if p.file == len(p.set.paths) {
				if p.before == 0 {
					return nil, &Error{Path: strings.Join(p.set.paths, ", "), Err: ErrEmpty}
				}
				return nil, io.EOF
			}
			if err := p.begin(); err != nil {
				return nil, err
			}
		}
		path := p.set.paths[p.file]
		rows, err := p.open.read(ctx, record.MaxRows)
		if errors.Is(err, io.EOF) {
			if err := p.close(); err != nil {
				return nil, &Error{Path: path, Err: err}
			}
			p.file++
			p.before += uint64(p.row)
			continue
		}
		if err != nil {
			return nil, at(err, path)
		}
		return p.assemble(path, rows)
	}
}

func (p *pass) begin() (err error) {
	path := p.set.paths[p.file]
	if p.open, err = openTable(path); err != nil {
		return err
	}
	p.row = 0
	kind := p.set.opts.Kind
	if p.cols, err = p.set.opts.Columns.resolve(path, p.open.columns(), kind != sample.NoLabel && !p.set.opts.Optional); err != nil {
		return err
	}
	if kind == sample.NoLabel {
		p.cols.Label = ""
	}
	p.declared = p.open.classes(p.cols.Label)
	if err := p.set.label.accepts(p.declared); err != nil {
		return &Error{Path: path, Column: p.cols.Label, Err: err}
	}
	return at(p.open.choose(p.cols.names()), path)
}

// assemble turns a chunk into a record batch, checking every row.
func (p *pass) assemble(path string, rows chunk) (*record.Batch, error) {
	b := record.NewBuilder(p.set.opts.Memory, p.set.opts.Kind)
	defer b.Release()
	for r := range rows.rows {
		ex, err := p.example(rows, r)
		if err == nil {
			err = b.Append(ex)
		}
		if err != nil {
			place := &Error{Path: path, Row: p.row + int64(r) + 1, RowGroup: rows.group, Err: err}
			if rows.line != nil {
				place.Line = rows.line[r]
			}
			return nil, place.absorb()
		}
	}
	p.row += int64(rows.rows)
	return b.Batch(), nil
}

func (p *pass) example(rows chunk, r int) (ex sample.Example, err error) {
	ex.Row = p.before + uint64(p.row) + uint64(r)
	if ex.Text, err = rows.cells[0][r].asText(p.cols.Text); err != nil {
		return ex, err
	}
	c := 1
	if p.cols.Pair != "" {
		ex.HasPair = true
		if ex.Pair, err = rows.cells[c][r].asText(p.cols.Pair); err != nil {
			return ex, err
		}
		c++
	}
	if p.cols.Label != "" {
		if ex.Label, err = p.set.label.label(rows.cells[c][r], p.declared); err != nil {
			return ex, &Error{Column: p.cols.Label, Err: err}
		}
	}
	return ex, nil
}

func (p *pass) close() error {
	if p.open == nil {
		return nil
	}
	err := p.open.close()
	p.open = nil
	return err
}
