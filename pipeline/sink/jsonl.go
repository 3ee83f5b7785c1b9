package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

var _ = register(format{extensions: []string{".jsonl", ".ndjson"}, textual: true, open: openJSONL})

// jsonEncoder writes one object a line, fields in the order of the columns.
type jsonEncoder struct {
	w    io.Writer
	keys []string // with the colon
	line []byte
}

func openJSONL(w io.Writer, schema *arrow.Schema, _ Options, _ memory.Allocator) (encoder, error) {
	e := &jsonEncoder{w: w}
	for _, f := range schema.Fields() {
		e.keys = append(e.keys, string(append(quote(nil, f.Name), ':')))
	}
	return e, nil
}

func (e *jsonEncoder) write(rec arrow.Record) error {
	for r := range int(rec.NumRows()) {
		e.line = append(e.line[:0], '{')
		for c, key := range e.keys {
			if c > 0 {
				e.line = append(e.line, ',')
			}
			e.line = append(e.line, key...)
			var err error
			if e.line, err = value(e.line, rec.Column(c), r); err != nil {
				return fmt.Errorf("column %q: %w", rec.ColumnName(c), err)
			}
		}
		e.line = append(e.line, "}\n"...)
		if _, err := e.w.Write(e.line); err != nil {
			return err
		}
	}
	return nil
}

func (e *jsonEncoder) finish() error { return nil }

// value appends one value as JSON.
func value(to []byte, column arrow.Array, r int) ([]byte, error) {
	if column.IsNull(r) {
		return append(to, "null"...), nil
	}
	switch c := column.(type) {
	case *array.String:
		return quote(to, c.Value(r)), nil
	case *array.List:
		return values(to, c, r)
	case *array.Boolean:
		return strconv.AppendBool(to, c.Value(r)), nil
	}
	return number(to, column, r)
}

func values(to []byte, c *array.List, r int) ([]byte, error) {
	from, end := c.ValueOffsets(r)
	to = append(to, '[')
	for i := from; i < end; i++ {
		if i > from {
			to = append(to, ',')
		}
		var err error
		if to, err = value(to, c.ListValues(), int(i)); err != nil {
			return to, err
		}
	}
	return append(to, ']'), nil
}

// number appends a number in the shortest form that reads back the same.
func number(to []byte, column arrow.Array, r int) ([]byte, error) {
	switch c := column.(type) {
	case *array.Int64:
		return strconv.AppendInt(to, c.Value(r), 10), nil
	case *array.Uint64:
		return strconv.AppendUint(to, c.Value(r), 10), nil
	case *array.Uint16:
		return strconv.AppendUint(to, uint64(c.Value(r)), 10), nil
	case *array.Float32:
		return float(to, float64(c.Value(r)), 32)
	case *array.Float64:
		return float(to, c.Value(r), 64)
	}
	return to, fmt.Errorf("%s: %w", column.DataType(), ErrFormat)
}

func float(to []byte, v float64, bits int) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return to, fmt.Errorf("%v; text formats have no such number: %w", v, ErrRows)
	}
	start := len(to)
	to = strconv.AppendFloat(to, v, 'g', -1, bits)
	// A number that is whole must not come back as an integer, which elsewhere
	// means a class.
	if !bytes.ContainsAny(to[start:], ".e") {
		to = append(to, ".0"...)
	}
	return to, nil
}

// quote appends a string as JSON. Characters beyond ASCII stay as they are.
func quote(to []byte, s string) []byte {
	to = append(to, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			continue
		}
		if s[i] >= utf8.RuneSelf {
			// Two line separators end lines for some readers.
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
				i += size - 1
				continue
			}
			to = append(to, s[start:i]...)
			to = append(to, fmt.Sprintf("\\u%04x", r)...)
			i += size - 1
			start = i + 1
			continue
		}
		to = append(to, s[start:i]...)
		escaped, _ := json.Marshal(s[i : i+1]) // ASCII does not fail
		to = append(to, escaped[1:len(escaped)-1]...)
		start = i + 1
	}
	return append(append(to, s[start:]...), '"')
}
