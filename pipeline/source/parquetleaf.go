package source

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow/float16"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// batchLevels is how many levels of a leaf are decoded at once.
const batchLevels = 1024

// errEnd says that a column has no more levels.
var errEnd = fmt.Errorf("the column ends early: %w", ErrFormat)

// physical is one value as it is stored.
type physical struct {
	i int64   // BOOLEAN, INT32, INT64
	f float64 // FLOAT, DOUBLE
	s string  // BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY, INT96
}

// leaf reads the levels and values of one leaf column of a row group.
type leaf struct {
	reader         file.ColumnChunkReader
	maxDef, maxRep int16
	decode         func(levels int) (int64, int, error)

	defs, reps []int16    // levels not consumed yet: from next on
	values     []physical // values not consumed yet: from value on
	next       int
	value      int

	defBuffer, repBuffer []int16
}

func newLeaf(r file.ColumnChunkReader) *leaf {
	d := r.Descriptor()
	l := &leaf{
		reader: r, maxDef: d.MaxDefinitionLevel(), maxRep: d.MaxRepetitionLevel(),
		defBuffer: make([]int16, batchLevels), repBuffer: make([]int16, batchLevels),
	}
	switch r := r.(type) {
	case *file.BooleanColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v bool) (p physical) {
			if v {
				p.i = 1
			}
			return p
		})
	case *file.Int32ColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v int32) physical { return physical{i: int64(v)} })
	case *file.Int64ColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v int64) physical { return physical{i: v} })
	case *file.Int96ColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v parquet.Int96) physical { return physical{s: string(v[:])} })
	case *file.Float32ColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v float32) physical { return physical{f: float64(v)} })
	case *file.Float64ColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v float64) physical { return physical{f: v} })
	case *file.ByteArrayColumnChunkReader:
		// The bytes lie in the page, which nobody writes to again: no copy.
		l.decode = decoder(l, r.ReadBatch, func(v parquet.ByteArray) physical { return physical{s: v.String()} })
	case *file.FixedLenByteArrayColumnChunkReader:
		l.decode = decoder(l, r.ReadBatch, func(v parquet.FixedLenByteArray) physical { return physical{s: string(v)} })
	}
	return l
}

// decoder returns a function that decodes the next levels and their values.
func decoder[T any](l *leaf, read func(int64, []T, []int16, []int16) (int64, int, error), convert func(T) physical) func(int) (int64, int, error) {
	buffer := make([]T, batchLevels)
	return func(levels int) (int64, int, error) {
		total, n, err := read(int64(levels), buffer, l.defBuffer, l.repBuffer)
		if err == nil {
			for _, v := range buffer[:n] {
				l.values = append(l.values, convert(v))
			}
		}
		return total, n, err
	}
}

// load decodes until that many whole rows are there, or the column ends.
func (l *leaf) load(rows int) error {
	l.defs = append(l.defs[:0], l.defs[l.next:]...)
	l.reps = append(l.reps[:0], l.reps[l.next:]...)
	l.values = append(l.values[:0], l.values[l.value:]...)
	l.next, l.value = 0, 0
	have := 0
	for _, rep := range l.reps {
		if rep == 0 {
			have++
		}
	}
	// The end of a row shows only when the next one begins.
	for want := rows + int(min(l.maxRep, 1)); have < want; {
		levels := min(want-have, batchLevels)
		if l.maxRep > 0 {
			levels = batchLevels
		}
		got, err := l.fill(levels)
		if err != nil {
			return err
		}
		if got == 0 {
			return nil
		}
		for _, rep := range l.reps[len(l.reps)-got:] {
			if rep == 0 {
				have++
			}
		}
	}
	return nil
}

// fill decodes up to that many levels, keeps them, and returns how many there
// were.
func (l *leaf) fill(levels int) (int, error) {
	got, _, err := l.decoded(levels)
	l.defs = append(l.defs, l.defBuffer[:got]...)
	l.reps = append(l.reps, l.repBuffer[:got]...)
	return got, err
}

// decoded decodes up to that many levels into the buffers and appends their
// values. It returns how many levels there were, and how many had a value.
func (l *leaf) decoded(levels int) (got, present int, err error) {
	total, n, err := l.decode(levels)
	if err != nil {
		return 0, 0, err
	}
	if total < 0 || total > int64(levels) || n > levels {
		return 0, 0, fmt.Errorf("the decoder gave %d levels and %d values for %d: %w", total, n, levels, ErrFormat)
	}
	if total == 0 {
		return 0, 0, l.reader.Err()
	}
	got = int(total)
	if l.maxDef == 0 {
		clear(l.defBuffer[:got])
	}
	if l.maxRep == 0 {
		clear(l.repBuffer[:got])
	}
	for i, def := range l.defBuffer[:got] {
		if rep := l.repBuffer[i]; def < 0 || def > l.maxDef || rep < 0 || rep > l.maxRep {
			return 0, 0, fmt.Errorf("levels %d and %d; at most %d and %d are expected: %w", def, rep, l.maxDef, l.maxRep, ErrFormat)
		}
		if def == l.maxDef {
			present++
		}
	}
	if present != n {
		return 0, 0, fmt.Errorf("%d values for %d places: %w", n, present, ErrFormat)
	}
	return got, present, nil
}

// more reports whether levels are left.
func (l *leaf) more() (bool, error) {
	if l.next < len(l.defs) {
		return true, nil
	}
	return l.reader.HasNext(), l.reader.Err()
}

// levels returns those of the next entry.
func (l *leaf) levels() (def, rep int16, err error) {
	if l.next == len(l.defs) {
		return 0, 0, errEnd
	}
	return l.defs[l.next], l.reps[l.next], nil
}

// ended lets a column end where a list may end.
func (l *leaf) ended(err error) error {
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// take returns the value of the next entry.
func (l *leaf) take(n *node) (cell, error) {
	def, _, err := l.levels()
	if err != nil {
		return cell{}, err
	}
	l.next++
	if def < l.maxDef {
		return cell{kind: null}, nil
	}
	v := l.values[l.value]
	l.value++
	return n.convert(v), nil
}

// flat appends rows of a column without lists: each level is a row.
func (l *leaf) flat(out []cell, count int, n *node) ([]cell, error) {
	for count > 0 {
		l.values = l.values[:0]
		got, present, err := l.decoded(min(count, batchLevels))
		if err != nil {
			return out, err
		}
		if got == 0 {
			return out, errEnd
		}
		if present == got {
			for i := range l.values {
				out = append(out, n.convert(l.values[i]))
			}
		} else {
			out = l.sparse(out, got, n)
		}
		count -= got
	}
	return out, nil
}

// sparse appends that many decoded rows, some of them null.
func (l *leaf) sparse(out []cell, rows int, n *node) []cell {
	next := 0
	for _, def := range l.defBuffer[:rows] {
		if def < l.maxDef {
			out = append(out, cell{kind: null})
			continue
		}
		out = append(out, n.convert(l.values[next]))
		next++
	}
	return out
}

// converter returns what turns the stored values of a column into cells.
func converter(n *schema.PrimitiveNode) func(physical) cell {
	switch n.PhysicalType() {
	case parquet.Types.Boolean:
		return func(p physical) cell { return cell{kind: boolean, s: strconv.FormatBool(p.i != 0), i: p.i} }
	case parquet.Types.Float, parquet.Types.Double:
		return func(p physical) cell { return cell{kind: float, f: p.f} }
	case parquet.Types.Int32, parquet.Types.Int64:
		return integers(n)
	case parquet.Types.ByteArray:
		if !holdsNumber(n) {
			return func(p physical) cell { return cell{kind: text, s: p.s} }
		}
	}
	if n.PhysicalType() == parquet.Types.Int96 {
		return timestamp96
	}
	if _, ok := n.LogicalType().(schema.Float16LogicalType); ok {
		return func(p physical) cell {
			return cell{kind: float, f: float64(float16.FromLEBytes([]byte(p.s)).Float32())}
		}
	}
	if holdsNumber(n) {
		scale := n.DecimalMetadata().Scale
		return func(p physical) cell { return decimal(bigEndian(p.s), scale) }
	}
	return func(p physical) cell { return cell{kind: other, s: "the bytes " + hex.EncodeToString([]byte(p.s))} }
}

// timestamp96 returns the old form of a timestamp, nanoseconds of a day and its
// Julian number, as nanoseconds since 1970.
func timestamp96(p physical) cell {
	const epoch, day = 2_440_588, 86_400_000_000_000
	b := []byte(p.s)
	at := (int64(binary.LittleEndian.Uint32(b[8:]))-epoch)*day + int64(binary.LittleEndian.Uint64(b))
	return cell{kind: other, s: fmt.Sprintf("the time %d ns", at), i: at}
}

// holdsNumber reports whether a column holds decimal numbers.
func holdsNumber(n *schema.PrimitiveNode) bool { return n.DecimalMetadata().IsSet }

// bigEndian reads a number in two's complement.
func bigEndian(s string) *big.Int {
	n := new(big.Int).SetBytes([]byte(s))
	if len(s) > 0 && s[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(s))))
	}
	return n
}

// integers returns the converter of a column of INT32 or INT64.
func integers(n *schema.PrimitiveNode) func(physical) cell {
	if holdsNumber(n) {
		scale := n.DecimalMetadata().Scale
		return func(p physical) cell { return decimal(big.NewInt(p.i), scale) }
	}
	switch logical := n.LogicalType().(type) {
	case *schema.IntLogicalType:
		return unsigned(logical.IsSigned(), n.PhysicalType())
	case schema.IntLogicalType:
		return unsigned(logical.IsSigned(), n.PhysicalType())
	case schema.NoLogicalType, schema.UnknownLogicalType, nil:
		return unsigned(true, n.PhysicalType())
	default:
		name := logical.String()
		return func(p physical) cell { return cell{kind: other, s: fmt.Sprintf("%s %d", name, p.i), i: p.i} }
	}
}

func unsigned(signed bool, t parquet.Type) func(physical) cell {
	switch {
	case signed:
		return func(p physical) cell { return cell{kind: integer, i: p.i} }
	case t == parquet.Types.Int32:
		return func(p physical) cell { return cell{kind: integer, i: int64(uint32(p.i))} }
	}
	return func(p physical) cell {
		if p.i < 0 { // beyond int64
			return cell{kind: other, s: "the integer " + strconv.FormatUint(uint64(p.i), 10)}
		}
		return cell{kind: integer, i: p.i}
	}
}
