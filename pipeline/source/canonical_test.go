package source

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/record"
)

// canonical returns a form of a cell in which equal values are equal: what the
// vectors that other readers made are compared with.
func canonical(c cell) any {
	switch c.kind {
	case absent, null:
		return nil
	case text:
		if utf8.ValidString(c.s) {
			return "s:" + c.s
		}
		return "x:" + hex.EncodeToString([]byte(c.s))
	case integer:
		return "i:" + strconv.FormatInt(c.i, 10)
	case float:
		return number(c.f)
	case boolean:
		return "b:" + c.s
	}
	items := []any{}
	for _, item := range c.items() {
		items = append(items, canonical(item))
	}
	switch {
	case c.kind == list:
		return items
	case c.nested != nil:
		fields := map[string]any{}
		for i, name := range c.nested.names {
			fields[name] = items[i]
		}
		return fields
	}
	return "o:" + c.s
}

func number(f float64) string {
	if math.IsNaN(f) {
		return "f:nan"
	}
	return "f:" + strconv.FormatFloat(f, 'g', -1, 64)
}

// readAll returns all columns of a file, and the error that ended it.
func readAll(t testing.TB, path string, opts Options) (names []string, columns [][]cell, err error) {
	t.Helper()
	memory := new(record.Allocator)
	opts.Memory = memory
	s := &Set{opts: opts}
	tab, err := s.openTable(path, nil)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if closing := tab.close(); closing != nil {
			t.Errorf("%s: close: %v", path, closing)
		}
		if n := memory.Bytes(); n != 0 {
			t.Errorf("%s: %d bytes are still counted after close", path, n)
		}
	}()
	names = tab.columns()
	columns = make([][]cell, len(names))
	if err := tab.choose(names); err != nil {
		return names, columns, err
	}
	for rows := 0; ; {
		c, err := tab.read(context.Background(), 100)
		if errors.Is(err, io.EOF) {
			return names, columns, nil
		}
		if err != nil {
			return names, columns, at(err, path)
		}
		for i := range columns {
			if len(c.cells[i]) != c.rows {
				return names, columns, fmt.Errorf("column %s has %d of %d rows", names[i], len(c.cells[i]), c.rows)
			}
			columns[i] = append(columns[i], c.cells[i]...)
		}
		if rows += c.rows; rows > 10_000_000 {
			return names, columns, errors.New("endless")
		}
	}
}

func newAllocator() *record.Allocator { return new(record.Allocator) }
