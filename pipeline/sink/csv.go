package sink

import (
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

var (
	_ = register(format{extensions: []string{".csv"}, textual: true, open: openCSV(',')})
	_ = register(format{extensions: []string{".tsv"}, textual: true, open: openCSV('\t')})
)

// csvEncoder writes a header and a row a line; a null is an empty field. In CSV
// (RFC 4180) fields are quoted where they must be. TSV has no quotes, so fields
// with tabs or newlines are refused.
type csvEncoder struct {
	w     io.Writer
	comma byte
	line  []byte
	value []byte
}

func openCSV(comma byte) func(io.Writer, *arrow.Schema, Options, memory.Allocator) (encoder, error) {
	return func(w io.Writer, schema *arrow.Schema, _ Options, _ memory.Allocator) (encoder, error) {
		e := &csvEncoder{w: w, comma: comma}
		for i, f := range schema.Fields() {
			if f.Type.ID() == arrow.LIST {
				return nil, fmt.Errorf("column %q holds lists, which this format cannot; write .jsonl, .parquet or .arrow: %w", f.Name, ErrFormat)
			}
			if err := e.field(i, f.Name); err != nil {
				return nil, err
			}
		}
		return e, e.flush()
	}
}

func (e *csvEncoder) write(rec arrow.Record) error {
	for r := range int(rec.NumRows()) {
		for c := range int(rec.NumCols()) {
			switch column := rec.Column(c).(type) {
			case *array.String:
				text := ""
				if column.IsValid(r) {
					text = column.Value(r)
				}
				if err := e.field(c, text); err != nil {
					return fmt.Errorf("column %q: %w", rec.ColumnName(c), err)
				}
			default:
				var err error
				e.value = e.value[:0]
				if column.IsValid(r) {
					if e.value, err = value(e.value, column, r); err != nil {
						return fmt.Errorf("column %q: %w", rec.ColumnName(c), err)
					}
				}
				if err := e.field(c, string(e.value)); err != nil {
					return err
				}
			}
		}
		if err := e.flush(); err != nil {
			return err
		}
	}
	return nil
}

// field adds field i of the row.
func (e *csvEncoder) field(i int, s string) error {
	if i > 0 {
		e.line = append(e.line, e.comma)
	}
	if e.comma == '\t' {
		if strings.ContainsAny(s, "\t\r\n") {
			return fmt.Errorf("a text has a tab or a newline, which this format cannot hold; write .csv, .jsonl or .parquet: %w", ErrFormat)
		}
		e.line = append(e.line, s...)
		return nil
	}
	// Readers drop empty lines, and white space at the edges of bare fields.
	bare := strings.IndexByte(s, e.comma) < 0 && !strings.ContainsAny(s, "\"\r\n") && s == strings.TrimSpace(s) && (s != "" || i > 0)
	if bare {
		e.line = append(e.line, s...)
		return nil
	}
	e.line = append(e.line, '"')
	for {
		n := strings.IndexByte(s, '"')
		if n < 0 {
			break
		}
		e.line = append(append(e.line, s[:n]...), `""`...)
		s = s[n+1:]
	}
	e.line = append(append(e.line, s...), '"')
	return nil
}

func (e *csvEncoder) flush() error {
	_, err := e.w.Write(append(e.line, '\n'))
	e.line = e.line[:0]
	return err
}

func (e *csvEncoder) finish() error { return nil }
