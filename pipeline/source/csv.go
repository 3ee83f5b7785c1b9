package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxRecord bounds one row of a text file: a quote that nobody closes must not
// read a whole file into memory. Units: bytes.
const maxRecord = 64 << 20

var _ = register(format{extensions: []string{".csv"}, open: openCSV})

// csvTable reads comma-separated values: quoted fields may hold commas, quotes
// (doubled) and newlines; the first row names the columns.
type csvTable struct {
	file   *os.File
	bound  *bounded
	r      *csv.Reader
	header []string
	chosen []int
	out    chunk
}

func openCSV(path string) (table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &csvTable{file: file, bound: &bounded{r: file, left: maxRecord}}
	if err := t.begin(); err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

func (t *csvTable) begin() error {
	buffered := bufio.NewReaderSize(t.bound, 1<<16)
	if err := skipMark(buffered); err != nil {
		return err
	}
	t.r = csv.NewReader(buffered)
	t.r.ReuseRecord = true
	header, err := t.r.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the file is empty; a header row is expected: %w", ErrEmpty)
	}
	if err != nil {
		return t.explain(err)
	}
	t.header = append([]string(nil), header...)
	return nil
}

// skipMark drops a UTF-8 byte order mark and refuses those of UTF-16 and -32.
func skipMark(r *bufio.Reader) error {
	head, _ := r.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = r.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return fmt.Errorf("the file is UTF-16 or UTF-32; convert it to UTF-8: %w", ErrUTF8)
	}
	return nil
}

func (t *csvTable) columns() []string       { return t.header }
func (t *csvTable) classes(string) []string { return nil }
func (t *csvTable) close() error            { return t.file.Close() }

func (t *csvTable) choose(columns []string) error {
	t.chosen = nil
	for _, name := range columns {
		for i, have := range t.header {
			if have == name {
				t.chosen = append(t.chosen, i)
				break
			}
		}
	}
	t.out.cells = make([][]cell, len(t.chosen))
	return nil
}

func (t *csvTable) read(ctx context.Context, limit int) (chunk, error) {
	out := &t.out
	out.rows, out.line = 0, out.line[:0]
	for c := range out.cells {
		out.cells[c] = out.cells[c][:0]
	}
	for out.rows < limit {
		t.bound.left = maxRecord
		fields, err := t.r.Read()
		if errors.Is(err, io.EOF) && out.rows > 0 {
			break
		}
		if err != nil {
			return chunk{}, t.explain(err)
		}
		line, _ := t.r.FieldPos(0)
		out.line = append(out.line, line)
		for c, i := range t.chosen {
			out.cells[c] = append(out.cells[c], cell{kind: text, s: fields[i]})
		}
		out.rows++
	}
	return *out, ctx.Err()
}

// explain turns a parse error into ours, with its line.
func (t *csvTable) explain(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	place := &Error{Line: parse.StartLine}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		place.Err = fmt.Errorf("the row has not the %d fields of the header; quote texts that hold commas: %w", len(t.header), ErrFormat)
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		place.Err = fmt.Errorf("a quote is misplaced or never closed (line %d); quote the whole field and double the quotes within: %w", parse.Line, ErrFormat)
	default:
		place.Err = fmt.Errorf("%v: %w", parse.Err, ErrFormat)
	}
	return place
}

// bounded fails when more than left bytes are read between two resets of left.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("one row is longer than %d MiB; is a quote never closed? %w", maxRecord>>20, ErrTooLarge)
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}
