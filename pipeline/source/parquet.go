package source

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"

	"github.com/ortrain/ortrain/pipeline/record"
)

var _ = register(format{extensions: []string{".parquet"}, open: openParquet})

// parquetTable reads Parquet files one row group after another, only the pages
// of the chosen columns. Pages are decoded on the caller's goroutine, so that a
// panic of the decoder, which damaged files cause, becomes an error.
type parquetTable struct {
	in     *input
	memory *record.Lease
	reader *file.Reader
	fields []*node // top-level columns of the schema
	header []string

	chosen []*node
	leaves [][]*leaf // of the open row group, for each chosen column
	group  int       // row groups opened so far
	left   int64     // rows of the open row group not read yet
	out    chunk
	open   []*pages // of the open row group
	pages  recycler
}

func openParquet(in *input, opts Options) (table, error) {
	if !in.seekable() {
		return nil, fmt.Errorf("a compressed Parquet file; its pages are compressed already, so decompress the file: %w", ErrFormat)
	}
	p := &parquetTable{in: in, memory: record.NewLease(opts.Memory, maxDecoded)}
	if err := guard(p.begin); err != nil {
		p.memory.Close()
		return nil, asFormat(err)
	}
	return p, nil
}

// guard turns a panic of a decoder into an error.
func guard(fn func() error) (err error) {
	defer func() {
		cause := recover()
		if tooMuch, ok := cause.(error); ok && errors.Is(tooMuch, record.ErrLimit) {
			err = fmt.Errorf("%w: %w", tooMuch, ErrTooLarge)
		} else if cause != nil {
			err = fmt.Errorf("the file is damaged or of an unknown kind; the decoder stopped with: %v: %w", cause, ErrFormat)
		}
	}()
	return fn()
}

func (t *parquetTable) begin() (err error) {
	if err := t.checkFooter(); err != nil {
		return err
	}
	if t.reader, err = file.NewParquetReader(io.NewSectionReader(t.in.at, 0, t.in.size), file.WithReadProps(parquet.NewReaderProperties(t.memory))); err != nil {
		return err
	}
	if t.fields, err = schemaTree(t.reader.MetaData().Schema); err != nil {
		return err
	}
	for _, n := range t.fields {
		t.header = append(t.header, n.name)
	}
	return nil
}

// checkFooter holds the metadata against what they declare.
func (t *parquetTable) checkFooter() error {
	const tail = 8
	if t.in.size == 0 {
		return fmt.Errorf("the file is empty: %w", ErrEmpty)
	}
	var end [tail]byte
	if t.in.size < tail+4 {
		return fmt.Errorf("the file has %d bytes, too few for Parquet: %w", t.in.size, ErrFormat)
	}
	if _, err := t.in.at.ReadAt(end[:], t.in.size-tail); err != nil {
		return err
	}
	switch string(end[4:]) {
	case "PAR1":
	case "PARE":
		return fmt.Errorf("the file is encrypted, which is not read: %w", ErrFormat)
	default:
		return fmt.Errorf("the file does not end as Parquet does; it was cut off or is of another format: %w", ErrFormat)
	}
	size := int64(binary.LittleEndian.Uint32(end[:]))
	if size > t.in.size-tail-4 || size > maxFooter {
		return fmt.Errorf("metadata of %d bytes in a file of %d: %w", size, t.in.size, ErrFormat)
	}
	footer := make([]byte, size)
	if _, err := t.in.at.ReadAt(footer, t.in.size-tail-size); err != nil {
		return err
	}
	return checkFooter(footer)
}

func (t *parquetTable) columns() []string { return t.header }
func (t *parquetTable) close() error      { t.memory.Close(); return nil }

// classes returns the names of a column that Hugging Face's metadata declares a
// ClassLabel.
func (t *parquetTable) classes(column string) []string {
	value := metadata.KeyValueMetadata(t.reader.MetaData().KeyValueMetadata()).FindValue(featuresKey)
	if value == nil {
		return nil
	}
	return declaredClasses(*value, column)
}

func (t *parquetTable) typeOf(column string) string {
	if n := t.find(column); n != nil {
		return n.typ
	}
	return ""
}

func (t *parquetTable) parts(context.Context) (out []Part, err error) {
	err = guard(func() error {
		for i := range t.reader.NumRowGroups() {
			rows := t.reader.RowGroup(i).NumRows()
			if rows < 0 || rows > maxGroupRows {
				return &Error{RowGroup: i + 1, Err: fmt.Errorf("the row group has %d rows: %w", rows, ErrFormat)}
			}
			if rows > 0 {
				out = append(out, Part{Group: i + 1, Rows: int(rows)})
			}
		}
		return nil
	})
	return out, err
}

func (t *parquetTable) seek(p Part) error {
	if p.Group < 1 || p.Group > t.reader.NumRowGroups() {
		return fmt.Errorf("there is no row group %d: %w", p.Group, ErrFormat)
	}
	t.group, t.left = p.Group-1, 0
	return nil
}

// maxGroupRows bounds the rows of one row group.
const maxGroupRows = 1 << 31

func (t *parquetTable) choose(columns []string) error {
	t.chosen = nil
	for _, name := range columns {
		n := t.find(name)
		if n == nil {
			return &Error{Column: name, Err: fmt.Errorf("no such column: %w", ErrNoColumn)}
		}
		t.chosen = append(t.chosen, n)
	}
	t.out.cells = make([][]cell, len(columns))
	return nil
}

// find returns the top-level column of a name.
func (t *parquetTable) find(name string) *node {
	for _, n := range t.fields {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (t *parquetTable) read(ctx context.Context, limit int) (chunk, error) {
	if err := ctx.Err(); err != nil {
		return chunk{}, err
	}
	if t.left == 0 {
		for _, p := range t.open {
			t.pages.retire(p.lent)
		}
		t.open = t.open[:0]
	}
	t.pages.recycle()
	for t.left == 0 {
		if t.group == t.reader.NumRowGroups() {
			return chunk{}, io.EOF
		}
		if err := t.begins(t.group); err != nil {
			return chunk{}, err
		}
	}
	rows := int(min(t.left, int64(limit)))
	t.out.rows, t.out.group = rows, t.group
	for c, n := range t.chosen {
		err := guard(func() (err error) {
			t.out.cells[c], err = n.rows(t.out.cells[c][:0], t.leaves[c], rows)
			return err
		})
		if err != nil {
			return chunk{}, t.at(n.name, err)
		}
	}
	t.left -= int64(rows)
	if t.left == 0 {
		return t.out, t.finish()
	}
	return t.out, nil
}

// at adds the place to an error of a column of the open row group.
func (t *parquetTable) at(column string, err error) error {
	return &Error{RowGroup: t.group, Column: column, Err: asFormat(err)}
}

// asFormat wraps errors that wrap nothing of ours.
func asFormat(err error) error {
	for _, known := range []error{ErrEmpty, ErrFormat, ErrTooLarge, ErrType, ErrUTF8, os.ErrNotExist, io.ErrClosedPipe} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", strings.TrimPrefix(err.Error(), "parquet: "), ErrFormat)
}

// begins opens a row group, from 0.
func (t *parquetTable) begins(group int) error {
	t.group = group + 1
	return guard(func() error {
		rg := t.reader.RowGroup(group)
		t.left = rg.NumRows()
		if t.left < 0 {
			return t.at("", fmt.Errorf("the row group has %d rows: %w", t.left, ErrFormat))
		}
		t.leaves = make([][]*leaf, len(t.chosen))
		if t.left == 0 {
			return nil // writers leave out what such row groups need
		}
		for c, n := range t.chosen {
			for _, column := range n.columns() {
				l, err := t.openLeaf(rg, column)
				if err != nil {
					return t.at(n.name, err)
				}
				t.leaves[c] = append(t.leaves[c], l)
			}
		}
		return nil
	})
}

func (t *parquetTable) openLeaf(rg *file.RowGroupReader, column int) (*leaf, error) {
	chunk, err := rg.MetaData().ColumnChunk(column)
	if err != nil {
		return nil, err
	}
	descr := t.reader.MetaData().Schema.Column(column)
	p, err := openPages(t.in, &t.pages, chunk, descr)
	if err != nil {
		return nil, err
	}
	t.open = append(t.open, p)
	return newLeaf(file.NewColumnReader(descr, p, t.memory, t.reader.BufferPool())), nil
}

// finish checks that no column of the row group has values left.
func (t *parquetTable) finish() error {
	for c, n := range t.chosen {
		for _, l := range t.leaves[c] {
			err := guard(func() error {
				if more, err := l.more(); err != nil || more {
					return firstOf(err, fmt.Errorf("the column has more rows than the row group, %d: %w", t.reader.RowGroup(t.group-1).NumRows(), ErrFormat))
				}
				return nil
			})
			if err != nil {
				return t.at(n.name, err)
			}
		}
	}
	return nil
}
