package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
)

// maxRecord bounds one row of a text file: a quote that nobody closes must not
// read a whole file into memory. Units: bytes.
const maxRecord = 64 << 20

var (
	_ = register(format{extensions: []string{".csv"}, open: openCSV(',', true)})
	_ = register(format{extensions: []string{".tsv"}, open: openCSV('\t', false)})
)

// csvTable reads delimited values. Where quotes count, quoted fields may hold
// delimiters, quotes (doubled) and newlines. The first row names the columns,
// unless the caller does.
type csvTable struct {
	in     *input
	r      *textReader
	comma  byte
	quotes bool
	header []string
	start  int64 // where the first row begins
	line   int   // on which line

	fields []string
	chosen []int
	out    chunk
}

func openCSV(comma byte, quotes bool) func(*input, Options) (table, error) {
	return func(in *input, opts Options) (table, error) {
		t := &csvTable{in: in, comma: comma, quotes: quotes}
		switch opts.Quotes {
		case QuotesOn:
			t.quotes = true
		case QuotesOff:
			t.quotes = false
		}
		r, err := newTextReader(in, Part{Line: 1})
		if err != nil {
			return nil, err
		}
		t.r = r
		if t.header = opts.Header; t.header == nil {
			if err := t.record(); errors.Is(err, io.EOF) {
				return nil, firstOf(fmt.Errorf("the file is empty; a header row is expected: %w", ErrEmpty), t.close())
			} else if err != nil {
				return nil, firstOf(err, t.close())
			}
			for _, name := range t.fields {
				t.header = append(t.header, strings.Clone(name))
			}
		}
		t.start, t.line = r.offset(), r.line
		return t, nil
	}
}

func (t *csvTable) columns() []string       { return t.header }
func (t *csvTable) classes(string) []string { return nil }
func (t *csvTable) typeOf(string) string    { return "" }

func (t *csvTable) close() error {
	t.r.close()
	return nil
}

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
	return t.out.fill(ctx, limit, func() (int, error) {
		line, err := t.row()
		if err != nil {
			return line, err
		}
		for c, i := range t.chosen {
			t.out.cells[c] = append(t.out.cells[c], cell{kind: text, s: t.fields[i]})
		}
		return line, nil
	})
}

// row reads the next row that is not an empty line and returns its line.
func (t *csvTable) row() (int, error) {
	line := t.r.line
	if err := t.record(); err != nil {
		return line, err
	}
	if len(t.fields) != len(t.header) {
		hint := "quote texts that hold delimiters"
		if !t.quotes {
			hint = "delimiters and newlines cannot be within texts unless quotes count"
		}
		return line, &Error{Line: line, Err: fmt.Errorf("the row has %d fields, the header %d; %s: %w", len(t.fields), len(t.header), hint, ErrFormat)}
	}
	return line, nil
}

// record reads one row into t.fields.
func (t *csvTable) record() error {
	for {
		n, lines, err := t.scan(t.r.s[t.r.pos:])
		if errors.Is(err, errMore) && !t.r.eof {
			if err := t.r.more(); err != nil {
				return &Error{Line: t.r.line, Err: err}
			}
			continue
		}
		if err != nil {
			return err
		}
		t.r.pos += n
		t.r.line += lines
		if len(t.fields) == 1 && t.fields[0] == "" && n <= 2 {
			continue // an empty line; an empty field alone is written ""
		}
		return nil
	}
}

// errMore says that a row is not whole in what has been read.
var errMore = errors.New("more is needed")

// scan splits the row at the beginning of s into t.fields and returns how many
// bytes and lines it takes.
func (t *csvTable) scan(s string) (n, lines int, err error) {
	t.fields = t.fields[:0]
	if s == "" && t.r.eof {
		return 0, 0, io.EOF
	}
	for {
		if t.quotes && n < len(s) && s[n] == '"' {
			value, end, err := t.quoted(s, n, lines)
			if err != nil {
				return 0, 0, err
			}
			t.fields = append(t.fields, value)
			lines += strings.Count(s[n:end], "\n")
			n = end
		} else if n, err = t.bare(s, n, lines); err != nil {
			return 0, 0, err
		}
		switch {
		case n == len(s):
			return n, lines + 1, nil
		case s[n] == '\n':
			return n + 1, lines + 1, nil
		case s[n] == '\r': // after a quoted field; quoted saw the newline
			return n + 2, lines + 1, nil
		}
		n++ // the delimiter
	}
}

// bare adds the bare field at n to t.fields and returns where it ends.
func (t *csvTable) bare(s string, n, lines int) (end int, err error) {
	for end = n; end < len(s) && s[end] != t.comma && s[end] != '\n'; {
		end++
	}
	if end == len(s) && !t.r.eof {
		return 0, errMore
	}
	value := s[n:end]
	if end == len(s) || s[end] == '\n' {
		value = strings.TrimSuffix(value, "\r")
	}
	if t.quotes && strings.IndexByte(value, '"') >= 0 {
		return 0, t.misplaced(lines)
	}
	t.fields = append(t.fields, value)
	return end, nil
}

// quoted reads the quoted field at n.
func (t *csvTable) quoted(s string, n, lines int) (value string, end int, err error) {
	doubled := false
	for at := n + 1; ; at += 2 {
		k := strings.IndexByte(s[at:], '"')
		if k < 0 {
			if t.r.eof {
				return "", 0, &Error{Line: t.r.line + lines, Err: fmt.Errorf("a quote is never closed; quote the whole field and double the quotes within: %w", ErrFormat)}
			}
			return "", 0, errMore
		}
		at += k
		if at+2 >= len(s) && !t.r.eof {
			return "", 0, errMore
		}
		if at+1 < len(s) && s[at+1] == '"' {
			doubled = true
			continue
		}
		value, end = s[n+1:at], at+1
		break
	}
	if end < len(s) && s[end] != t.comma && s[end] != '\n' && !strings.HasPrefix(s[end:], "\r\n") && s[end:] != "\r" {
		return "", 0, t.misplaced(lines)
	}
	if s[end:] == "\r" {
		end++ // the file ends so
	}
	if doubled {
		value = strings.ReplaceAll(value, `""`, `"`)
	}
	return value, end, nil
}

func (t *csvTable) misplaced(lines int) error {
	return &Error{Line: t.r.line + lines, Err: fmt.Errorf("a quote is misplaced; quote the whole field and double the quotes within, or say that quotes do not count: %w", ErrFormat)}
}

func (t *csvTable) parts(ctx context.Context) ([]Part, error) {
	return textParts(ctx, t.r, func() error { _, err := t.row(); return err })
}

func (t *csvTable) seek(p Part) (err error) {
	t.r.close()
	t.r, err = newTextReader(t.in, p)
	return err
}

// textParts cuts a text file into parts of record.MaxRows rows. row reads one
// row of r.
func textParts(ctx context.Context, r *textReader, row func() error) ([]Part, error) {
	var out []Part
	for {
		p := Part{Offset: r.offset(), Line: r.line}
		var err error
		for p.Rows < record.MaxRows {
			if err = row(); err != nil {
				break
			}
			p.Rows++
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, rowError(err, p.Rows+len(out)*record.MaxRows)
		}
		if p.Bytes = r.offset() - p.Offset; p.Rows > 0 {
			out = append(out, p)
		}
		if err != nil {
			return out, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}
