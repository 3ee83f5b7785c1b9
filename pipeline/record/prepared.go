package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Record returns the rows of a batch, which carry their tokens, in the columns of
// a prepared file with this schema. The caller releases it.
func (p Preparation) Record(memory *Allocator, schema *arrow.Schema, b *Batch) (arrow.Record, error) {
	if b.rec.NumCols() == plainColumns || KindName(b.kind) != p.Labels {
		return nil, fmt.Errorf("record: a batch of kind %s and %d columns; rows of kind %s with their tokens are expected: %w", KindName(b.kind), b.rec.NumCols(), p.Labels, ErrSchema)
	}
	sums := array.NewUint32Builder(memory)
	defer sums.Release()
	var buffer []byte
	for _, ex := range b.Examples() {
		if !p.Text {
			ex.Text, ex.Pair, ex.HasPair = "", "", false
		}
		if !p.Text || b.kind != sample.TagLabel {
			ex.Words = nil
		}
		var sum uint32
		sum, buffer = checksum(buffer, ex)
		sums.Append(sum)
	}
	check := sums.NewArray()
	defer check.Release()
	columns := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		if f.Name == checkColumn {
			columns[i] = check
			continue
		}
		columns[i] = b.rec.Column(b.rec.Schema().FieldIndices(f.Name)[0])
	}
	return array.NewRecord(schema, columns, b.rec.NumRows()), nil
}

// Examples returns views of the rows of a record as it was read from a prepared
// file, and whether all are as they were written: every row is what its checksum
// says. It may panic if the record is damaged.
func (p Preparation) Examples(rec arrow.Record) ([]sample.Example, error) {
	kind, _ := p.Kind()
	want := TokenSchema(kind)
	columns := make([]arrow.Array, want.NumFields())
	for i, f := range want.Fields() {
		if found := rec.Schema().FieldIndices(f.Name); len(found) == 1 {
			columns[i] = rec.Column(found[0])
			if !f.Nullable && columns[i].NullN() > 0 {
				return nil, fmt.Errorf("record: column %s has nulls: %w", f.Name, ErrSchema)
			}
			continue
		}
		columns[i] = absent(f.Type, int(rec.NumRows()))
		defer columns[i].Release()
	}
	b := &Batch{rec: array.NewRecord(want, columns, rec.NumRows()), kind: kind}
	defer b.Release()
	out := b.Examples()
	check := rec.Column(int(rec.NumCols()) - 1).(*array.Uint32)
	var buffer []byte
	for i, ex := range out {
		var sum uint32
		if sum, buffer = checksum(buffer, ex); sum != check.Value(i) {
			return nil, fmt.Errorf("record: row %d is not what its checksum says; the file is damaged: %w", ex.Row, ErrSchema)
		}
	}
	return out, nil
}

// absent is a column that a file does not have: of nothing, or where there must
// be something, of zeros and empty texts.
func absent(typ arrow.DataType, rows int) arrow.Array {
	heap := memory.DefaultAllocator
	switch typ.ID() {
	case arrow.UINT16:
		b := array.NewUint16Builder(heap)
		defer b.Release()
		b.AppendEmptyValues(rows)
		return b.NewArray()
	case arrow.STRING:
		b := array.NewStringBuilder(heap)
		defer b.Release()
		b.AppendNulls(rows) // of a null, the text is empty
		return b.NewArray()
	}
	return array.MakeArrayOfNull(heap, typ, rows)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the CRC-32C of a row: of all that a file holds of it, with the
// length before whatever may have several. It uses the memory of buffer, and
// returns it.
func checksum(buffer []byte, ex sample.Example) (uint32, []byte) {
	le := binary.LittleEndian
	b := le.AppendUint64(buffer[:0], ex.Row)
	b = append(le.AppendUint64(b, uint64(len(ex.Text))), ex.Text...)
	pair := uint64(math.MaxUint64)
	if ex.HasPair {
		pair = uint64(len(ex.Pair))
	}
	b = append(le.AppendUint64(b, pair), ex.Pair...)
	b = append(b, byte(ex.Label.Kind))
	b = le.AppendUint64(b, uint64(len(ex.Label.Int)))
	for _, v := range ex.Label.Int {
		b = le.AppendUint64(b, uint64(v))
	}
	b = le.AppendUint64(b, uint64(len(ex.Label.Float)))
	for _, v := range ex.Label.Float {
		b = le.AppendUint32(b, math.Float32bits(v))
	}
	b = le.AppendUint64(b, uint64(len(ex.Words)))
	for _, w := range ex.Words {
		b = le.AppendUint64(le.AppendUint64(b, uint64(w.Start)), uint64(w.End))
	}
	t := ex.Tokens
	b = le.AppendUint64(b, uint64(len(t.IDs)))
	for _, id := range t.IDs {
		b = le.AppendUint32(b, uint32(id))
	}
	b = append(le.AppendUint64(b, uint64(len(t.TypeIDs))), t.TypeIDs...)
	b = le.AppendUint64(b, uint64(len(t.Labels)))
	for _, v := range t.Labels {
		b = le.AppendUint64(b, uint64(v))
	}
	b = le.AppendUint64(b, uint64(len(t.Ends)))
	for _, v := range t.Ends {
		b = le.AppendUint32(b, uint32(v))
	}
	b = le.AppendUint64(le.AppendUint64(b, t.TextHash), uint64(t.TextBytes))
	return crc32.Checksum(b, castagnoli), b
}
