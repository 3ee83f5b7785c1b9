package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
)

// maxBlock bounds the lines that are scanned at once. Units: bytes.
const maxBlock = 4 << 20

var _ = register(format{extensions: []string{".jsonl", ".ndjson", ".json"}, open: openJSONL})

// jsonTable reads JSON lines: one object a line, empty lines between them
// allowed. Columns are the fields of the first rows; a field of an object
// within is the column a.b.
type jsonTable struct {
	file   *os.File
	r      *bufio.Reader
	line   int // lines read so far
	header []string
	tree   *wanted
	width  int

	ahead *block // the rows that columns were found in, not yet returned
	out   chunk
	cells []cell
}

// block is some lines of a file.
type block struct {
	s    string
	ends []int // ends[i] is where line i ends in s
	line []int // line[i] is its number
}

func openJSONL(path string) (table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &jsonTable{file: file, r: bufio.NewReaderSize(file, 1<<18)}
	if err := t.begin(); err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

// begin finds the columns.
func (t *jsonTable) begin() error {
	if err := skipMark(t.r); err != nil {
		return err
	}
	b, err := t.block(record.MaxRows)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the file is empty; one JSON object a line is expected: %w", ErrEmpty)
	}
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	from := 0
	for i, to := range b.ends {
		p := scanner{s: b.s[from:to]}
		if err := p.names("", seen, &t.header, 0); err != nil {
			if i == 0 && p.s[0] == '[' {
				err = fmt.Errorf("the file begins with a list; one JSON object a line is expected: %w", ErrFormat)
			}
			return &Error{Line: b.line[i], Row: int64(i) + 1, Err: err}
		}
		from = to
	}
	t.ahead = b
	return nil
}

// names adds the paths of an object's fields that are not seen yet.
func (p *scanner) names(prefix string, seen map[string]bool, names *[]string, depth int) error {
	if depth > maxDepth {
		return p.fault("objects are nested more than %d deep", maxDepth)
	}
	return p.object(func(name string) error {
		path := prefix + name
		if !seen[path] {
			if len(seen) >= maxColumns {
				return p.fault("more than %d different fields", maxColumns)
			}
			path = strings.Clone(path)
			seen[path] = true
			*names = append(*names, path)
		}
		if p.peek() == '{' {
			return p.names(path+".", seen, names, depth+1)
		}
		return p.skip(depth)
	})
}

// maxColumns bounds the columns of a file.
const maxColumns = 10_000

// block reads the next lines that are not empty: at most limit, and at most
// maxBlock bytes unless one line alone is longer.
func (t *jsonTable) block(limit int) (*block, error) {
	var all []byte
	b := &block{}
	for len(b.ends) < limit && len(all) < maxBlock {
		start := len(all)
		var err error
		if all, err = t.readLine(all); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if len(all) == start && err != nil {
			break
		}
		t.line++
		if strings.TrimSpace(string(all[start:min(start+64, len(all))])) == "" && strings.TrimSpace(string(all[start:])) == "" {
			all = all[:start]
			continue
		}
		b.ends = append(b.ends, len(all))
		b.line = append(b.line, t.line)
	}
	if len(b.ends) == 0 {
		return nil, io.EOF
	}
	b.s = string(all)
	return b, nil
}

// readLine appends the next line. io.EOF comes with a last line that has no
// newline, and after it.
func (t *jsonTable) readLine(to []byte) ([]byte, error) {
	start := len(to)
	for {
		part, err := t.r.ReadSlice('\n')
		to = append(to, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return to, err
		}
		if len(to)-start > maxRecord {
			return to, &Error{Line: t.line + 1, Err: fmt.Errorf("the line is longer than %d MiB; one JSON object a line is expected: %w", maxRecord>>20, ErrTooLarge)}
		}
	}
}

func (t *jsonTable) columns() []string       { return t.header }
func (t *jsonTable) classes(string) []string { return nil }
func (t *jsonTable) close() error            { return t.file.Close() }

func (t *jsonTable) choose(columns []string) error {
	t.tree, t.width = wantedTree(columns), len(columns)
	t.out.cells = make([][]cell, t.width)
	t.cells = make([]cell, t.width)
	return nil
}

func (t *jsonTable) read(ctx context.Context, limit int) (chunk, error) {
	if err := ctx.Err(); err != nil {
		return chunk{}, err
	}
	b := t.ahead
	if t.ahead = nil; b == nil {
		var err error
		if b, err = t.block(limit); err != nil {
			return chunk{}, err
		}
	}
	out := &t.out
	out.rows, out.line = len(b.ends), b.line
	for c := range out.cells {
		out.cells[c] = out.cells[c][:0]
	}
	from := 0
	for i, to := range b.ends {
		clear(t.cells)
		p := scanner{s: b.s[from:to]}
		err := p.fields(t.tree, t.cells, 0)
		if err == nil {
			err = p.end()
		}
		if err != nil {
			return chunk{}, &Error{Line: b.line[i], Err: err}
		}
		for c := range out.cells {
			out.cells[c] = append(out.cells[c], t.cells[c])
		}
		from = to
	}
	return *out, nil
}
