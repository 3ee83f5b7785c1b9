package sink

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Column is a named column of a Table. Values is a slice of string, int64,
// uint64, float32, float64, bool, or of slices of float32, int64 or string.
type Column struct {
	Name   string
	Values any
}

// Table is columns of equal length, such as a list of predictions.
type Table []Column

// WriteTable writes a table to a file of its own, whole or not at all.
func WriteTable(ctx context.Context, path string, t Table, opts Options) (err error) {
	f, err := Create(path, opts)
	if err != nil {
		return err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	rec, err := t.record(f.opts)
	if err != nil {
		return f.failed(err)
	}
	defer rec.Release()
	if err := f.writeRecord(rec); err != nil {
		return err
	}
	return f.Commit(ctx)
}

func (t Table) record(opts Options) (arrow.Record, error) {
	fields := make([]arrow.Field, len(t))
	columns := make([]arrow.Array, len(t))
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, c := range t {
		var err error
		if columns[i], err = c.array(opts); err != nil {
			return nil, err
		}
		if columns[i].Len() != columns[0].Len() {
			return nil, fmt.Errorf("column %q has %d values, column %q has %d: %w", c.Name, columns[i].Len(), t[0].Name, columns[0].Len(), ErrRows)
		}
		fields[i] = arrow.Field{Name: c.Name, Type: columns[i].DataType(), Nullable: true}
	}
	rows := int64(0)
	if len(columns) > 0 {
		rows = int64(columns[0].Len())
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, rows), nil
}

// array returns the column's values in Arrow memory.
func (c Column) array(opts Options) (arrow.Array, error) {
	m := opts.Memory
	switch values := c.Values.(type) {
	case []string:
		return fill(array.NewStringBuilder(m), values), nil
	case []int64:
		return fill(array.NewInt64Builder(m), values), nil
	case []uint64:
		return fill(array.NewUint64Builder(m), values), nil
	case []float32:
		return fill(array.NewFloat32Builder(m), values), nil
	case []float64:
		return fill(array.NewFloat64Builder(m), values), nil
	case []bool:
		return fill(array.NewBooleanBuilder(m), values), nil
	case [][]float32:
		b := array.NewListBuilder(m, arrow.PrimitiveTypes.Float32)
		return fillLists(b, b.ValueBuilder().(*array.Float32Builder), values), nil
	case [][]int64:
		b := array.NewListBuilder(m, arrow.PrimitiveTypes.Int64)
		return fillLists(b, b.ValueBuilder().(*array.Int64Builder), values), nil
	case [][]string:
		b := array.NewListBuilder(m, arrow.BinaryTypes.String)
		return fillLists(b, b.ValueBuilder().(*array.StringBuilder), values), nil
	}
	return nil, fmt.Errorf("column %q holds %T, which no table holds: %w", c.Name, c.Values, ErrFormat)
}

// builder is what the builders of all flat types have.
type builder[T any] interface {
	AppendValues(values []T, valid []bool)
	NewArray() arrow.Array
	Release()
}

func fill[T any](b builder[T], values []T) arrow.Array {
	defer b.Release()
	b.AppendValues(values, nil)
	return b.NewArray()
}

func fillLists[T any](b *array.ListBuilder, inner builder[T], values [][]T) arrow.Array {
	defer b.Release()
	for _, v := range values {
		b.Append(true)
		inner.AppendValues(v, nil)
	}
	return b.NewArray()
}
