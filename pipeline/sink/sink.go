// Package sink writes rows of the pipeline, and other tables, to files.
//
// Nouns: a File is one file that is being written; a Table is columns of equal
// length that are written at once. Path: Create → Write for every batch →
// Commit → Close. Formats by extension: .parquet, .arrow (IPC file), .csv,
// .tsv, .jsonl; "-" is standard output.
//
// Law: a path holds the whole file or what it held before. Rows go to a hidden
// name beside it, which is synced and renamed by Commit and removed by Close
// when there was no Commit. Standard output cannot be taken back.
//
// Errors name the path and wrap ErrFormat, ErrRows or the system's error.
//
// Concurrency: a File serves one goroutine.
//
// The package writes what a batch holds: text, pair, label, words. It does not
// know what other columns the rows had where they came from.
package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/ortrain/ortrain/pipeline/record"
)

// What can be wrong. Errors of this package wrap one of these, or the operating
// system's error.
var (
	// ErrFormat: no such format, or it cannot hold such columns.
	ErrFormat = errors.New("format cannot be written")
	// ErrRows: rows that do not go with those before them.
	ErrRows = errors.New("rows do not fit")
)

// Options say how to write rows.
type Options struct {
	// Format is an extension with its dot; empty takes that of the path.
	Format string
	// Names are the classes in order. With them, class numbers become names in
	// text formats, and carry the names in the metadata of the others.
	Names []string
	// Text, Pair, Label, Tokens and Tags name the columns; empty names stand for
	// text (sentence1 and sentence2 for pairs), label, tokens and tags. Spans go
	// to Start and End.
	Text, Pair, Label, Tokens, Tags, Start, End string
	// Trail adds the columns row_id, copy and audit.
	Trail bool
	// Prepared, when set, writes rows that carry their tokens in the columns of a
	// prepared file, one record batch for every batch, also for an empty one. Only
	// Arrow files hold them.
	Prepared *record.Preparation
	// GroupRows is the number of rows of a Parquet row group or an Arrow record
	// batch; 0 stands for 8,192. Readers that shuffle seek to these.
	GroupRows int
	// Stdout is where the path "-" goes.
	Stdout io.Writer
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator
}

// File is one file that is being written.
type File struct {
	path string
	opts Options
	form format
	out  *output
	enc  encoder
	lay  layout
	mem  *record.Lease // what encoders use
	err  error         // the first error, after which nothing more is written
}

// encoder writes records of one schema in one format.
type encoder interface {
	write(rec arrow.Record) error
	// finish writes what is still held back. It does not close the output.
	finish() error
}

// format is one way to write.
type format struct {
	extensions []string
	// textual formats hold class names rather than numbers with metadata.
	textual bool
	open    func(w io.Writer, schema *arrow.Schema, opts Options, mem memory.Allocator) (encoder, error)
}

// formats is the sealed table of formats by extension.
var formats = map[string]format{}

func register(f format) format {
	for _, ext := range f.extensions {
		if _, twice := formats[ext]; twice {
			panic("sink: two formats for " + ext)
		}
		formats[ext] = f
	}
	return f
}

// Formats lists the extensions that can be written.
func Formats() []string {
	var known []string
	for ext := range formats {
		known = append(known, ext)
	}
	slices.Sort(known)
	return known
}

// Create begins a file. Its folder must exist.
func Create(path string, opts Options) (*File, error) {
	ext := strings.ToLower(opts.Format)
	if ext == "" {
		ext = strings.ToLower(filepath.Ext(path))
	}
	form, ok := formats[ext]
	if !ok {
		return nil, fmt.Errorf("sink: %s: format %q is not written; expected one of %s: %w", path, ext, strings.Join(Formats(), " "), ErrFormat)
	}
	if opts.Prepared != nil && !slices.Contains(form.extensions, arrowExtension) {
		return nil, fmt.Errorf("sink: %s: prepared rows are an Arrow file; name it %s, not %s: %w", path, arrowExtension, ext, ErrFormat)
	}
	if opts.GroupRows == 0 {
		opts.GroupRows = defaultGroup
	}
	if opts.Memory == nil {
		opts.Memory = new(record.Allocator)
	}
	out, err := openOutput(path, opts.Stdout)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return &File{path: path, opts: opts, form: form, out: out, mem: record.NewLease(opts.Memory, 0)}, nil
}

// defaultGroup is the default of Options.GroupRows. Units: rows.
const defaultGroup = 8192

// Write adds the rows of a batch, which the caller keeps. All batches must have
// the same kind of label.
func (f *File) Write(ctx context.Context, b *record.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.err != nil {
		return f.err
	}
	rec, err := f.layOut(b)
	if err != nil {
		return f.failed(err)
	}
	defer rec.Release()
	return f.writeRecord(rec)
}

// layout turns batches into records with the columns of a file. The first batch
// settles what they are.
type layout interface {
	record(b *record.Batch) (arrow.Record, error)
}

func (f *File) layOut(b *record.Batch) (_ arrow.Record, err error) {
	switch {
	case f.lay != nil:
	case f.opts.Prepared != nil:
		f.lay, err = newPrepared(f.opts)
	default:
		f.lay = newColumns(b, f.form.textual, f.opts)
	}
	if err != nil {
		return nil, err
	}
	return f.lay.record(b)
}

func (f *File) writeRecord(rec arrow.Record) (err error) {
	if f.enc == nil {
		if f.enc, err = f.form.open(f.out, rec.Schema(), f.opts, f.mem); err != nil {
			return f.failed(err)
		}
	}
	return f.failed(guard(func() error { return f.enc.write(rec) }))
}

// failed keeps the first error, with its path.
func (f *File) failed(err error) error {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("sink: %s: %w", f.path, err)
	}
	return f.err
}

// guard turns a panic of an encoder into an error, so that the file is removed.
func guard(fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the encoder stopped with: %v: %w", cause, ErrFormat)
		}
	}()
	return fn()
}

// Commit finishes the file and gives it its name. A file without any batch is
// an error: nobody knows its columns.
func (f *File) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.err != nil {
		return f.err
	}
	if f.enc == nil {
		return f.failed(fmt.Errorf("there are no rows to write: %w", ErrRows))
	}
	enc := f.enc
	f.enc = nil
	if err := f.failed(guard(enc.finish)); err != nil {
		return err
	}
	return f.failed(f.out.commit())
}

// Close frees what Create holds, and removes the file unless it was committed.
// It may be repeated.
func (f *File) Close() error {
	if f.enc != nil {
		// Frees the encoder's memory; what it writes is removed.
		_ = guard(f.enc.finish)
		f.enc = nil
	}
	f.mem.Close()
	return f.out.close()
}
