package record

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Examples returns a view of every row: texts and labels share the batch's
// memory, so they must be copied (strings.Clone) to outlive it.
func (b *Batch) Examples() []sample.Example {
	rows := b.rec.Column(0).(*array.Uint64).Uint64Values()
	copies := b.rec.Column(1).(*array.Uint16).Uint16Values()
	text := b.rec.Column(2).(*array.String)
	pair := b.rec.Column(3).(*array.String)
	out := make([]sample.Example, b.Len())
	for i := range out {
		out[i] = sample.Example{Row: rows[i], Copy: copies[i], Text: text.Value(i)}
		if pair.IsValid(i) {
			out[i].Pair, out[i].HasPair = pair.Value(i), true
		}
	}
	b.labels(out)
	b.words(out)
	b.audit(out)
	return out
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
	for i := range out {
		if column.IsNull(i) {
			continue
		}
		label := sample.Label{Kind: b.kind}
		switch c := column.(type) {
		case *array.Int64:
			label.Int = c.Int64Values()[i : i+1 : i+1]
		case *array.Float32:
			label.Float = c.Float32Values()[i : i+1 : i+1]
		case *array.List:
			from, to := c.ValueOffsets(i)
			switch values := c.ListValues().(type) {
			case *array.Int64:
				label.Int = values.Int64Values()[from:to:to]
			case *array.Float32:
				label.Float = values.Float32Values()[from:to:to]
			}
		default:
			continue
		}
		out[i].Label = label
	}
}

// Builder collects rows of one kind of label into batches.
type Builder struct {
	kind sample.LabelKind
	b    *array.RecordBuilder
	n    int
}

// NewBuilder returns a Builder over counted memory. Release it after use.
func NewBuilder(memory *Allocator, kind sample.LabelKind) *Builder {
	return &Builder{kind: kind, b: array.NewRecordBuilder(memory, Schema(kind))}
}

// Len returns the number of rows that wait for Batch.
func (b *Builder) Len() int { return b.n }

// Append copies a row in. A label of another kind than the builder's is an
// error; no label is always fine.
func (b *Builder) Append(ex sample.Example) error {
	if ex.Label.Kind != sample.NoLabel && ex.Label.Kind != b.kind {
		return fmt.Errorf("record: row %d has a label of kind %s among rows of kind %s: %w",
			ex.Row, labelType[ex.Label.Kind].name, labelType[b.kind].name, ErrSchema)
	}
	b.b.Field(0).(*array.Uint64Builder).Append(ex.Row)
	b.b.Field(1).(*array.Uint16Builder).Append(ex.Copy)
	b.b.Field(2).(*array.StringBuilder).Append(ex.Text)
	pair := b.b.Field(3).(*array.StringBuilder)
	if ex.HasPair {
		pair.Append(ex.Pair)
	} else {
		pair.AppendNull()
	}
	b.appendLabel(ex.Label)
	b.appendWords(ex.Words)
	audit := b.b.Field(6).(*array.StringBuilder)
	if ex.Audit != "" {
		audit.Append(ex.Audit)
	} else {
		audit.AppendNull()
	}
	b.n++
	return nil
}

func (b *Builder) appendWords(words []sample.Range) {
	column := b.b.Field(5).(*array.ListBuilder)
	if words == nil {
		column.AppendNull()
		return
	}
	column.Append(true)
	values := column.ValueBuilder().(*array.Int32Builder)
	for _, w := range words {
		values.Append(int32(w.Start))
		values.Append(int32(w.End))
	}
}

func (b *Builder) appendLabel(label sample.Label) {
	column := b.b.Field(4)
	if label.Kind == sample.NoLabel {
		column.AppendNull()
		return
	}
	switch c := column.(type) {
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
	b.n = 0
	return &Batch{rec: b.b.NewRecord(), kind: b.kind}
}

// Release frees the builder's memory; batches made from it live on.
func (b *Builder) Release() { b.b.Release() }

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
	b := NewBuilder(memory, kind)
	defer b.Release()
	for _, ex := range examples {
		if err := b.Append(ex); err != nil {
			return nil, err
		}
	}
	return b.Batch(), nil
}
