package source

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// appendCells appends rows [from, to) of an Arrow column.
func appendCells(out []cell, column arrow.Array, from, to int) ([]cell, error) {
	if c, ok := column.(*array.String); ok && c.NullN() == 0 {
		for r := from; r < to; r++ {
			out = append(out, cell{kind: text, s: c.Value(r)})
		}
		return out, nil
	}
	for r := from; r < to; r++ {
		value, err := arrowCell(column, r, 0)
		if err != nil {
			return out, err
		}
		out = append(out, value)
	}
	return out, nil
}

// arrowCell returns one value.
func arrowCell(column arrow.Array, r, depth int) (cell, error) {
	if depth > maxDepth {
		return cell{}, fmt.Errorf("columns are nested more than %d deep: %w", maxDepth, ErrTooLarge)
	}
	if column.IsNull(r) || column.DataType().ID() == arrow.NULL {
		return cell{kind: null}, nil
	}
	switch c := column.(type) {
	case *array.Dictionary:
		return arrowCell(c.Dictionary(), c.GetValueIndex(r), depth+1)
	case *array.RunEndEncoded:
		return arrowCell(c.Values(), c.GetPhysicalIndex(r), depth+1)
	case *array.Struct:
		return structCell(c, r, depth)
	case array.ListLike:
		return listCell(c, r, depth)
	case array.ExtensionArray:
		return arrowCell(c.Storage(), r, depth+1)
	}
	if value, ok := flatCell(column, r); ok {
		return value, nil
	}
	return cell{kind: other, s: column.DataType().String() + " " + column.ValueStr(r), i: stored(column, r)}, nil
}

// stored returns the number that stands for a time.
func stored(column arrow.Array, r int) int64 {
	switch c := column.(type) {
	case *array.Date32:
		return int64(c.Value(r))
	case *array.Date64:
		return int64(c.Value(r))
	case *array.Time32:
		return int64(c.Value(r))
	case *array.Time64:
		return int64(c.Value(r))
	case *array.Timestamp:
		return int64(c.Value(r))
	case *array.Duration:
		return int64(c.Value(r))
	case *array.MonthInterval:
		return int64(c.Value(r))
	}
	return 0
}

// flatCell returns a value of a type that is not nested and that cells have.
func flatCell(column arrow.Array, r int) (cell, bool) {
	switch c := column.(type) {
	case *array.String:
		return cell{kind: text, s: c.Value(r)}, true
	case *array.LargeString:
		return cell{kind: text, s: c.Value(r)}, true
	case *array.StringView:
		return cell{kind: text, s: c.Value(r)}, true
	case *array.Binary:
		return cell{kind: text, s: c.ValueString(r)}, true
	case *array.LargeBinary:
		return cell{kind: text, s: c.ValueString(r)}, true
	case *array.BinaryView:
		return cell{kind: text, s: c.ValueString(r)}, true
	case *array.FixedSizeBinary:
		return cell{kind: other, s: "the bytes " + hex.EncodeToString(c.Value(r))}, true
	case *array.Boolean:
		return cell{kind: boolean, s: strconv.FormatBool(c.Value(r))}, true
	case *array.Float16:
		return cell{kind: float, f: float64(c.Value(r).Float32())}, true
	case *array.Float32:
		return cell{kind: float, f: float64(c.Value(r))}, true
	case *array.Float64:
		return cell{kind: float, f: c.Value(r)}, true
	case *array.Decimal128:
		return decimal(c.Value(r).BigInt(), c.DataType().(*arrow.Decimal128Type).Scale), true
	case *array.Decimal256:
		return decimal(c.Value(r).BigInt(), c.DataType().(*arrow.Decimal256Type).Scale), true
	}
	return integerCell(column, r)
}

func integerCell(column arrow.Array, r int) (cell, bool) {
	switch c := column.(type) {
	case *array.Int8:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Int16:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Int32:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Int64:
		return cell{kind: integer, i: c.Value(r)}, true
	case *array.Uint8:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Uint16:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Uint32:
		return cell{kind: integer, i: int64(c.Value(r))}, true
	case *array.Uint64:
		if v := c.Value(r); v > math.MaxInt64 {
			return cell{kind: other, s: "the integer " + strconv.FormatUint(v, 10)}, true
		}
		return cell{kind: integer, i: int64(c.Value(r))}, true
	}
	return cell{}, false
}

func structCell(c *array.Struct, r, depth int) (cell, error) {
	fields := &nested{}
	for i := range c.NumField() {
		value, err := arrowCell(c.Field(i), r, depth+1)
		if err != nil {
			return cell{}, err
		}
		fields.names = append(fields.names, c.DataType().(*arrow.StructType).Field(i).Name)
		fields.items = append(fields.items, value)
	}
	return cell{kind: other, s: "a group of " + strconv.Itoa(len(fields.items)) + " fields", nested: fields}, nil
}

func listCell(c array.ListLike, r, depth int) (cell, error) {
	from, to := c.ValueOffsets(r)
	if from < 0 || to < from || to > int64(c.ListValues().Len()) {
		return cell{}, fmt.Errorf("a list from %d to %d of %d values: %w", from, to, c.ListValues().Len(), ErrFormat)
	}
	out := cell{kind: list, nested: &nested{items: make([]cell, 0, to-from)}}
	for i := from; i < to; i++ {
		item, err := arrowCell(c.ListValues(), int(i), depth+1)
		if err != nil {
			return out, err
		}
		out.nested.items = append(out.nested.items, item)
	}
	return out, nil
}

// decimal returns a decimal number as the float nearest to it, for people who
// store targets so.
func decimal(unscaled *big.Int, scale int32) cell {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	value := new(big.Rat).SetInt(unscaled)
	if scale >= 0 {
		value.SetFrac(unscaled, ten)
	} else {
		value.Mul(value, new(big.Rat).SetInt(ten))
	}
	f, _ := value.Float64()
	return cell{kind: float, f: f}
}
