package record

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Rows returns the row ids, which share the batch's memory.
func (b *Batch) Rows() []uint64 { return b.rec.Column(0).(*array.Uint64).Uint64Values() }

// Examples returns a view of every row: texts, labels and tokens share the
// batch's memory, so they must be copied (strings.Clone) to outlive it.
func (b *Batch) Examples() []sample.Example { return b.Into(nil) }

// Into is Examples in the memory of a slice whose content is of no use any more:
// who goes through many batches makes one slice for all of them.
func (b *Batch) Into(room []sample.Example) []sample.Example {
	rows := b.rec.Column(0).(*array.Uint64).Uint64Values()
	copies := b.rec.Column(1).(*array.Uint16).Uint16Values()
	text := b.rec.Column(2).(*array.String)
	out := slices.Grow(room[:0], len(rows))[:len(rows)]
	for i := range out {
		out[i] = sample.Example{Row: rows[i], Copy: copies[i], Text: text.Value(i)}
	}
	b.pairs(out)
	b.labels(out)
	b.words(out)
	b.audit(out)
	if b.rec.NumCols() > plainColumns {
		addTokens(b.rec.Columns()[plainColumns:], out)
	}
	return out
}

// pairs fills in the second texts of the views.
func (b *Batch) pairs(out []sample.Example) {
	column := b.rec.Column(3).(*array.String)
	if column.NullN() == len(out) {
		return
	}
	for i := range out {
		if column.IsValid(i) {
			out[i].Pair, out[i].HasPair = column.Value(i), true
		}
	}
}

// words fills in the words of the views, which are copies.
func (b *Batch) words(out []sample.Example) {
	column := b.rec.Column(5).(*array.List)
	if column.NullN() == len(out) {
		return
	}
	values := column.ListValues().(*array.Int32)
	for i := range out {
		if column.IsNull(i) {
			continue
		}
		from, to := column.ValueOffsets(i)
		words := make([]sample.Range, (to-from)/2)
		for w := range words {
			at := int(from) + 2*w
			words[w] = sample.Range{Start: int(values.Value(at)), End: int(values.Value(at + 1))}
		}
		out[i].Words = words
	}
}

// audit fills in the audit of the views.
func (b *Batch) audit(out []sample.Example) {
	column := b.rec.Column(6).(*array.String)
	if column.NullN() == len(out) {
		return
	}
	for i := range out {
		if column.IsValid(i) {
			out[i].Audit = column.Value(i)
		}
	}
}

// labels fills in the labels of the views.
func (b *Batch) labels(out []sample.Example) {
	column := b.rec.Column(4)
	if column.NullN() == len(out) {
		return
	}
	of := b.labelOf(column)
	for i := range out {
		if column.IsValid(i) {
			out[i].Label.Kind = b.kind
			of(i, &out[i].Label)
		}
	}
}

// labelOf returns what fills in the label of a row that has one.
func (b *Batch) labelOf(column arrow.Array) func(row int, to *sample.Label) {
	switch c := column.(type) {
	case *array.Int64:
		values := c.Int64Values()
		return func(i int, to *sample.Label) { to.Int = values[i : i+1 : i+1] }
	case *array.Float32:
		values := c.Float32Values()
		return func(i int, to *sample.Label) { to.Float = values[i : i+1 : i+1] }
	}
	lists := column.(*array.List)
	if values, ok := lists.ListValues().(*array.Int64); ok {
		return func(i int, to *sample.Label) {
			from, end := lists.ValueOffsets(i)
			to.Int = values.Int64Values()[from:end:end]
		}
	}
	values := lists.ListValues().(*array.Float32)
	return func(i int, to *sample.Label) {
		from, end := lists.ValueOffsets(i)
		to.Float = values.Float32Values()[from:end:end]
	}
}

// Builder collects rows of one kind of label into batches.
type Builder struct {
	kind   sample.LabelKind
	memory *Allocator
	rows   fixed[uint64]
	copies fixed[uint16]
	text   texts
	// What most rows lack is held back: a column without any value is made at
	// once.
	pair, label, words, audit sparse
	tokens                    *tokenBuilder // nil: rows carry none
	n                         int
}

// sparse is a column most of whose values may be null.
type sparse struct {
	b     array.Builder
	nulls int // not appended yet
}

// value returns the builder for the next value.
func (s *sparse) value() array.Builder {
	for ; s.nulls > 0; s.nulls-- {
		s.b.AppendNull()
	}
	return s.b
}

// finish returns the column.
func (s *sparse) finish(memory *Allocator) arrow.Array {
	if s.b.Len() > 0 {
		s.value()
		return s.b.NewArray()
	}
	n := s.nulls
	s.nulls = 0
	return array.MakeArrayOfNull(memory, s.b.Type(), n)
}

// NewBuilder returns a Builder over counted memory. Release it after use.
func NewBuilder(memory *Allocator, kind sample.LabelKind) *Builder {
	column := func(i int) sparse { return sparse{b: array.NewBuilder(memory, Schema(kind).Field(i).Type)} }
	return &Builder{
		kind: kind, memory: memory,
		rows: fixed[uint64]{memory: memory}, copies: fixed[uint16]{memory: memory},
		text: texts{ends: fixed[int32]{memory: memory}, bytes: fixed[byte]{memory: memory}},
		pair: column(3), label: column(4), words: column(5), audit: column(6),
	}
}

// Grow makes room for that many rows whose texts have so many bytes together,
// which saves copying.
func (b *Builder) Grow(rows, bytes int) {
	b.rows.reserve(rows)
	b.copies.reserve(rows)
	b.text.reserve(rows, bytes)
}

// Len returns the number of rows that wait for Batch.
func (b *Builder) Len() int { return b.n }

// Append copies a row in. A label of another kind than the builder's is an
// error; no label is always fine. Tokens are copied only by a builder of
// NewTokenBuilder, which wants them of every row.
func (b *Builder) Append(ex sample.Example) error {
	if ex.Label.Kind != sample.NoLabel && ex.Label.Kind != b.kind {
		return fmt.Errorf("record: row %d has a label of kind %s among rows of kind %s: %w",
			ex.Row, labelType[ex.Label.Kind].name, labelType[b.kind].name, ErrSchema)
	}
	if b.tokens != nil && ex.Tokens == nil {
		return fmt.Errorf("record: row %d has no tokens among rows that have: %w", ex.Row, ErrSchema)
	}
	if err := b.text.push(ex.Text); err != nil {
		return err
	}
	if b.tokens != nil {
		b.tokens.append(ex.Tokens)
	}
	b.rows.push(ex.Row)
	b.copies.push(ex.Copy)
	b.pair.appendText(ex.Pair, ex.HasPair)
	b.appendLabel(ex.Label)
	b.appendWords(ex.Words)
	b.audit.appendText(ex.Audit, ex.Audit != "")
	b.n++
	return nil
}

func (s *sparse) appendText(text string, there bool) {
	if !there {
		s.nulls++
		return
	}
	s.value().(*array.StringBuilder).Append(text)
}

func (b *Builder) appendWords(words []sample.Range) {
	if words == nil {
		b.words.nulls++
		return
	}
	column := b.words.value().(*array.ListBuilder)
	column.Append(true)
	values := column.ValueBuilder().(*array.Int32Builder)
	for _, w := range words {
		values.Append(int32(w.Start))
		values.Append(int32(w.End))
	}
}

func (b *Builder) appendLabel(label sample.Label) {
	if label.Kind == sample.NoLabel {
		b.label.nulls++
		return
	}
	switch c := b.label.value().(type) {
	case *array.Int64Builder:
		c.Append(label.Int[0])
	case *array.Float32Builder:
		c.Append(label.Float[0])
	case *array.ListBuilder:
		c.Append(true)
		switch values := c.ValueBuilder().(type) {
		case *array.Int64Builder:
			values.AppendValues(label.Int, nil)
		case *array.Float32Builder:
			values.AppendValues(label.Float, nil)
		}
	}
}

// Batch returns the rows appended since the last call.
func (b *Builder) Batch() *Batch {
	columns := []arrow.Array{
		b.rows.array(arrow.PrimitiveTypes.Uint64), b.copies.array(arrow.PrimitiveTypes.Uint16), b.text.array(),
		b.pair.finish(b.memory), b.label.finish(b.memory), b.words.finish(b.memory), b.audit.finish(b.memory),
	}
	schema := Schema(b.kind)
	if b.tokens != nil {
		columns, schema = append(columns, b.tokens.columns(b.memory)...), TokenSchema(b.kind)
	}
	out := &Batch{rec: array.NewRecord(schema, columns, int64(b.n)), kind: b.kind}
	for _, c := range columns {
		c.Release()
	}
	b.n = 0
	return out
}

// Release frees the builder's memory; batches made from it live on.
func (b *Builder) Release() {
	b.rows.release()
	b.copies.release()
	b.text.release()
	for _, s := range []sparse{b.pair, b.label, b.words, b.audit} {
		s.b.Release()
	}
	if b.tokens != nil {
		b.tokens.release()
	}
}

// Of makes one batch of examples, whose labels must all be of one kind or
// absent.
func Of(memory *Allocator, examples []sample.Example) (*Batch, error) {
	kind := sample.NoLabel
	for _, ex := range examples {
		if ex.Label.Kind != sample.NoLabel {
			kind = ex.Label.Kind
			break
		}
	}
	return OfKind(memory, kind, examples)
}

// OfKind is Of for examples whose kind of label is known.
func OfKind(memory *Allocator, kind sample.LabelKind, examples []sample.Example) (*Batch, error) {
	b := NewBuilder(memory, kind)
	defer b.Release()
	bytes := 0
	for i := range examples {
		bytes += len(examples[i].Text)
	}
	b.Grow(len(examples), bytes)
	for i := range examples {
		if err := b.Append(examples[i]); err != nil {
			return nil, err
		}
	}
	return b.Batch(), nil
}
