// Package source reads labelled texts from files into Arrow record batches.
//
// Nouns: a Set is the files of one data set with its column mapping and label
// names settled; a Part is a run of its rows that can be read on its own. Path:
// Open looks at every file's columns, and, when nobody names the classes, at
// its labels; Set.Rows then yields record.Batch after record.Batch, rows
// numbered over all files in the order given. Set.Parts and Set.Read give the
// same rows in any order of parts. A Prepared is a file of rows that were
// tokenized before: FindPrepared opens it, and With says which labels are wanted.
//
// Formats by extension: .csv and .tsv, .jsonl (.ndjson, .json with one object a
// line), .conll (.bio, .iob, .iob2,
// .conllu), .parquet, .arrow (IPC file or stream).
// Text files may be compressed: .gz, .zst. One file of this package is one
// format. A path may be a pattern, a folder, a split of a folder (see Open), or
// "-" for standard input.
//
// Errors are of type *Error, which names path, row, line, row group and column
// where they are known, and wrap one of the package's sentinels. Nothing in a
// file makes the package panic.
//
// Concurrency: a Set is immutable and may be shared; each Source that Rows and
// Read return serves one goroutine and decodes on it.
//
// The package knows nothing of model tokens or cleaning.
package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Options say how to read a data set.
type Options struct {
	// Columns names the columns to use; empty names stand for the defaults.
	Columns Columns
	// Kind is the kind of label wanted; NoLabel leaves labels unread. TagLabel
	// reads tokens and tags instead of texts, SpanLabel the span columns.
	Kind sample.LabelKind
	// Names are the classes in order, as a model or the training data knows
	// them. Without names they are those of the file's ClassLabel metadata, else
	// what one pass over the data finds, sorted.
	Names []string
	// Optional lets the label column, or the label of single rows, be absent. A
	// class number -1, which can be no class where the names of the classes are
	// given, stands for no label too.
	Optional bool
	// MinusOne says that it does so, with Optional, where the classes are those
	// found in the data: else -1 is a class like others.
	MinusOne bool

	// Format is the extension that says the format of all files; empty takes
	// each file's own. Standard input needs it.
	Format string
	// Header names the columns of CSV and TSV files that have no header row.
	Header []string
	// Quotes says whether quotes around fields count in CSV and TSV files.
	Quotes Quotes
	// Stdin is what the path "-" reads.
	Stdin io.Reader

	// Memory counts the Arrow memory of the batches and of what is decoded; nil
	// counts nowhere.
	Memory *record.Allocator

	known []string // the columns, where an earlier look has found them
}

// Quotes says whether quotes around fields count in CSV and TSV files.
type Quotes uint8

// The ways to take quotes.
const (
	QuotesAuto Quotes = iota // they count in CSV and not in TSV
	QuotesOn
	QuotesOff
)

// Set is the files of one data set.
type Set struct {
	paths []string
	cols  []Columns  // of each file
	have  [][]string // all columns of each file
	opts  Options
	asked sample.LabelKind // opts.Kind is that of the rows
	label labeler
	spool *os.File // standard input, copied
	// declared says that the files name the classes.
	declared bool
}

// Open looks at the files and settles columns and label names. It reads the
// labels of all rows if classes are wanted and nobody names them.
//
// A path is a file, a pattern with * or ?, a folder with files of one format, a
// split of a folder that Hugging Face's save_to_disk has written (FOLDER/train),
// a split of a folder of shards (FOLDER/train for train-00000-of-00002.parquet),
// or "-". Standard input is copied to a temporary file, since it is read more
// than once.
func Open(ctx context.Context, paths []string, opts Options) (*Set, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("source: no files given; at least one is expected: %w", ErrEmpty)
	}
	if opts.Kind > sample.SpanLabel {
		return nil, fmt.Errorf("source: labels of kind %d do not exist: %w", opts.Kind, ErrType)
	}
	if opts.Memory == nil {
		opts.Memory = new(record.Allocator)
	}
	s := &Set{opts: opts, asked: opts.Kind}
	for _, path := range paths {
		found, err := expand(path)
		if err != nil {
			return nil, err
		}
		s.paths = append(s.paths, found...)
	}
	if slices.Contains(s.paths, Stdin) {
		var err error
		if s.spool, err = spoolStdin(ctx, opts.Stdin); err != nil {
			return nil, err
		}
	}
	return s, s.settle(ctx)
}

// settle finds columns and classes.
func (s *Set) settle(ctx context.Context) error {
	classes, labelled, err := s.inspect()
	if err != nil {
		return err
	}
	s.declared = classes != nil
	named := s.opts.Kind == sample.ClassLabel || s.opts.Kind == sample.MultiLabel || s.opts.Kind == sample.TagLabel
	switch {
	case !labelled:
		s.opts.Kind = sample.NoLabel
	case !named || s.opts.Names != nil:
	case classes != nil:
		s.opts.Names = classes
	default:
		if s.opts.Names, err = s.collect(ctx); err != nil {
			return err
		}
	}
	s.label = newLabeler(s.opts)
	return nil
}

// describe names all files, shortened.
func (s *Set) describe() string {
	if n := len(s.paths); n > 1 {
		return fmt.Sprintf("%s and %d more", s.paths[0], n-1)
	}
	return s.paths[0]
}

// Paths lists the files in order.
func (s *Set) Paths() []string { return slices.Clone(s.paths) }

// Columns returns the columns that are read of the first file.
func (s *Set) Columns() Columns { return s.cols[0] }

// Available lists all columns of the first file.
func (s *Set) Available() []string { return slices.Clone(s.have[0]) }

// Kind returns the kind of label that the rows carry: NoLabel when an optional
// label column is absent.
func (s *Set) Kind() sample.LabelKind { return s.opts.Kind }

// Names returns the classes in order; nil where labels are no classes.
func (s *Set) Names() []string {
	switch s.opts.Kind {
	case sample.ClassLabel, sample.MultiLabel, sample.TagLabel:
		return slices.Clone(s.opts.Names)
	}
	return nil
}

// Declared reports whether the files say by themselves which classes there are.
func (s *Set) Declared() bool { return s.declared }

// inspect checks every file's columns and returns the class names that the
// files declare and whether there are labels.
func (s *Set) inspect() (classes []string, labelled bool, err error) {
	var types []string
	for i, path := range s.paths {
		t, err := s.openTable(path, nil)
		if err != nil {
			return nil, false, err
		}
		cols, err := s.opts.Columns.resolve(path, t.columns(), s.asked, s.opts.Optional)
		declared := t.classes(cols.target())
		var found []string
		for _, name := range cols.names() {
			found = append(found, t.typeOf(name))
		}
		s.cols, s.have = append(s.cols, cols), append(s.have, slices.Clone(t.columns()))
		if closing := t.close(); err == nil && closing != nil {
			err = &Error{Path: path, Err: closing}
		}
		if err != nil {
			return nil, false, err
		}
		if i == 0 {
			classes, labelled, types = declared, cols.target() != "", found
		}
		if err := s.agrees(i, classes, declared, types, found); err != nil {
			return nil, false, err
		}
	}
	return classes, labelled, nil
}

// agrees checks that file i is like the first one.
func (s *Set) agrees(i int, classes, declared, types, found []string) error {
	path, cols := s.paths[i], s.cols[i]
	if has, had := cols.target() != "", s.cols[0].target() != ""; has != had {
		return &Error{Path: path, Err: fmt.Errorf("label column present: %v, but in %s: %v; all files must agree: %w", has, s.paths[0], had, ErrNoColumn)}
	}
	if !slices.Equal(classes, declared) {
		return &Error{Path: path, Column: cols.target(), Err: fmt.Errorf("declares the classes %v, but %s declares %v; all files must agree: %w", declared, s.paths[0], classes, ErrUnknownLabel)}
	}
	if extension(path) != extension(s.paths[0]) {
		return nil // other formats have other types
	}
	for c, name := range cols.names() {
		if c >= len(types) || types[c] != found[c] {
			return &Error{Path: path, Column: name, Err: fmt.Errorf("holds %s, but in %s: %s; all files must agree: %w", found[c], s.paths[0], append(types, "nothing")[min(c, len(types))], ErrType)}
		}
	}
	return nil
}
