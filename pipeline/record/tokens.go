package record

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// plainColumns is how many columns a batch has whose rows carry no tokens.
const plainColumns = 7

// tokenFields are the further columns of rows that carry their tokens.
func tokenFields() []arrow.Field {
	return []arrow.Field{
		{Name: "input_ids", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32)},
		{Name: "token_type_ids", Type: arrow.ListOf(arrow.PrimitiveTypes.Uint8)},
		{Name: "token_labels", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true},
		{Name: "window_ends", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "text_hash", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "text_bytes", Type: arrow.PrimitiveTypes.Uint64},
	}
}

// TokenSchema returns the Arrow schema of batches whose rows carry their tokens.
func TokenSchema(kind sample.LabelKind) *arrow.Schema {
	plain := Schema(kind)
	meta := plain.Metadata()
	return arrow.NewSchema(append(plain.Fields(), tokenFields()...), &meta)
}

// tokenBuilder builds the columns of tokenFields.
type tokenBuilder struct {
	ids, types   *array.ListBuilder
	labels, ends sparse
	hash, bytes  *array.Uint64Builder
}

// NewTokenBuilder returns a Builder of rows that carry their tokens. Release it
// after use.
func NewTokenBuilder(memory *Allocator, kind sample.LabelKind) *Builder {
	b := NewBuilder(memory, kind)
	fields := tokenFields()
	list := func(i int) *array.ListBuilder {
		return array.NewBuilder(memory, fields[i].Type).(*array.ListBuilder)
	}
	b.tokens = &tokenBuilder{
		ids: list(0), types: list(1), labels: sparse{b: list(2)}, ends: sparse{b: list(3)},
		hash: array.NewUint64Builder(memory), bytes: array.NewUint64Builder(memory),
	}
	return b
}

func (b *tokenBuilder) append(t *sample.Tokens) {
	b.ids.Append(true)
	b.ids.ValueBuilder().(*array.Int32Builder).AppendValues(t.IDs, nil)
	b.types.Append(true)
	b.types.ValueBuilder().(*array.Uint8Builder).AppendValues(t.TypeIDs, nil)
	if t.Labels == nil {
		b.labels.nulls++
	} else {
		list := b.labels.value().(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.Int64Builder).AppendValues(t.Labels, nil)
	}
	if t.Ends == nil {
		b.ends.nulls++
	} else {
		list := b.ends.value().(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.Int32Builder).AppendValues(t.Ends, nil)
	}
	b.hash.Append(t.TextHash)
	b.bytes.Append(uint64(t.TextBytes))
}

// columns returns the columns of the rows appended since the last call.
func (b *tokenBuilder) columns(memory *Allocator) []arrow.Array {
	return []arrow.Array{
		b.ids.NewArray(), b.types.NewArray(), b.labels.finish(memory), b.ends.finish(memory), b.hash.NewArray(), b.bytes.NewArray(),
	}
}

func (b *tokenBuilder) release() {
	for _, c := range []array.Builder{b.ids, b.types, b.labels.b, b.ends.b, b.hash, b.bytes} {
		c.Release()
	}
}

// addTokens fills in the tokens of the views from the columns of tokenFields.
func addTokens(columns []arrow.Array, out []sample.Example) {
	ids, types := columns[0].(*array.List), columns[1].(*array.List)
	idValues := ids.ListValues().(*array.Int32).Int32Values()
	typeValues := types.ListValues().(*array.Uint8).Uint8Values()
	labels, ends := columns[2].(*array.List), columns[3].(*array.List)
	hash, bytes := columns[4].(*array.Uint64), columns[5].(*array.Uint64)
	all := make([]sample.Tokens, len(out))
	for i := range out {
		t := &all[i]
		from, to := ids.ValueOffsets(i)
		t.IDs = idValues[from:to:to]
		from, to = types.ValueOffsets(i)
		t.TypeIDs = typeValues[from:to:to]
		if labels.IsValid(i) {
			from, to = labels.ValueOffsets(i)
			t.Labels = labels.ListValues().(*array.Int64).Int64Values()[from:to:to]
		}
		if ends.IsValid(i) {
			from, to = ends.ValueOffsets(i)
			t.Ends = ends.ListValues().(*array.Int32).Int32Values()[from:to:to]
		}
		t.TextHash, t.TextBytes = hash.Value(i), int64(bytes.Value(i))
		out[i].Tokens = t
	}
}
