package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// maxColumns bounds the columns of a file.
const maxColumns = 10_000

var _ = register(format{extensions: []string{".jsonl", ".ndjson", ".json"}, open: openJSONL})

// jsonTable reads JSON lines: one object a line, empty lines between them
// allowed. Columns are the fields of the first rows, up to one that has the
// labels that are asked for; a field of an object within is the column a.b.
type jsonTable struct {
	in     *input
	r      *textReader
	header []string
	tree   *wanted
	cells  []cell
	out    chunk
}

func openJSONL(in *input, opts Options) (table, error) {
	t := &jsonTable{in: in, header: opts.known}
	if err := t.seek(Part{Line: 1}); err != nil {
		return nil, err
	}
	if t.header == nil {
		asked := ""
		if opts.Kind != sample.NoLabel {
			asked = opts.Columns.target()
		}
		if err := t.begin(asked); err != nil {
			return nil, firstOf(err, t.close())
		}
	}
	return t, nil
}

// begin finds the columns in the first rows, and in as many more as it takes to
// find the one that is asked for, and goes back.
func (t *jsonTable) begin(asked string) error {
	seen := map[string]bool{}
	lacking := func() bool { return asked != "" && !seen[asked] }
	for row := 0; row == 0 || row < record.MaxRows && t.r.offset() < blockBytes || lacking(); row++ {
		line, err := t.object()
		if errors.Is(err, io.EOF) && row > 0 {
			break
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the file is empty; one JSON object a line is expected: %w", ErrEmpty)
		}
		if err != nil {
			return err
		}
		p := scanner{s: line}
		if err := p.names("", seen, &t.header, 0); err != nil {
			if row == 0 && strings.TrimSpace(line)[0] == '[' {
				err = fmt.Errorf("the file begins with a list; one JSON object a line is expected: %w", ErrFormat)
			}
			return &Error{Line: t.r.line - 1, Row: int64(row) + 1, Err: err}
		}
	}
	t.r.close()
	return t.seek(Part{Line: 1})
}

// names adds the paths of an object's fields that are not seen yet.
func (p *scanner) names(prefix string, seen map[string]bool, names *[]string, depth int) error {
	if depth > maxDepth {
		return p.fault("objects are nested more than %d deep", maxDepth)
	}
	if err := p.open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		name, ok, err := p.field(first)
		if err != nil || !ok {
			return err
		}
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
			err = p.names(path+".", seen, names, depth+1)
		} else {
			err = p.skip(depth)
		}
		if err != nil {
			return err
		}
	}
}

// object returns the next line that is not empty.
func (t *jsonTable) object() (string, error) {
	for {
		line, err := t.r.next()
		if err != nil || line != "" && (line[0] == '{' || strings.TrimSpace(line) != "") {
			return line, err
		}
	}
}

func (t *jsonTable) columns() []string       { return t.header }
func (t *jsonTable) classes(string) []string { return nil }
func (t *jsonTable) typeOf(string) string    { return "" }

func (t *jsonTable) close() error {
	t.r.close()
	return nil
}

func (t *jsonTable) choose(columns []string) error {
	t.tree = wantedTree(columns)
	t.out.cells = make([][]cell, len(columns))
	t.cells = make([]cell, len(columns))
	return nil
}

func (t *jsonTable) read(ctx context.Context, limit int) (chunk, error) {
	return t.out.fill(ctx, limit, func() (int, error) {
		text, err := t.object()
		if err != nil {
			return 0, err
		}
		line := t.r.line - 1
		clear(t.cells)
		p := scanner{s: text}
		if err = p.fields(t.tree, t.cells, 0); err == nil {
			err = p.end()
		}
		if err != nil {
			return line, &Error{Line: line, Err: err}
		}
		for c := range t.out.cells {
			t.out.cells[c] = append(t.out.cells[c], t.cells[c])
		}
		return line, nil
	})
}

func (t *jsonTable) parts(ctx context.Context) ([]Part, error) {
	return textParts(ctx, t.r, func() error { _, err := t.object(); return err })
}

func (t *jsonTable) seek(p Part) (err error) {
	t.r.close()
	t.r, err = newTextReader(t.in, p)
	return err
}
