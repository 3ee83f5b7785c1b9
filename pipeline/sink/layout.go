package sink

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// layout turns batches into records with the columns of a file.
type layout struct {
	kind   sample.LabelKind
	pair   bool
	names  []string
	named  bool // classes are written by name
	opts   Options
	schema *arrow.Schema
}

// newLayout settles the columns from the first batch.
func newLayout(b *record.Batch, textual bool, opts Options) *layout {
	l := &layout{kind: b.Kind(), opts: opts, names: opts.Names, named: textual && opts.Names != nil}
	l.pair = b.Len() > 0 && b.Record().Column(3).NullN() < b.Len()
	fields := append(l.textFields(), l.labelFields()...)
	if opts.Trail {
		fields = append(fields, field("", "row_id", arrow.PrimitiveTypes.Uint64, false),
			field("", "copy", arrow.PrimitiveTypes.Uint16, false), field("", "audit", arrow.BinaryTypes.String, true))
	}
	l.schema = arrow.NewSchema(fields, nil)
	if l.names != nil && !textual {
		meta := arrow.NewMetadata([]string{"huggingface"}, []string{l.features()})
		l.schema = arrow.NewSchema(fields, &meta)
	}
	return l
}

// field returns a column with the asked name, or the usual one.
func field(name, usual string, typ arrow.DataType, nullable bool) arrow.Field {
	if name == "" {
		name = usual
	}
	return arrow.Field{Name: name, Type: typ, Nullable: nullable}
}

// The usual names of texts, and of the texts of pairs.
const usualText, usualFirst, usualSecond = "text", "sentence1", "sentence2"

// textFields are the columns of the texts.
func (l *layout) textFields() []arrow.Field {
	text := arrow.BinaryTypes.String
	switch {
	case l.kind == sample.TagLabel:
		return []arrow.Field{field(l.opts.Tokens, "tokens", arrow.ListOf(text), false)}
	case l.pair:
		return []arrow.Field{field(l.opts.Text, usualFirst, text, false), field(l.opts.Pair, usualSecond, text, true)}
	}
	return []arrow.Field{field(l.opts.Text, usualText, text, false)}
}

// labelFields are the columns of the labels.
func (l *layout) labelFields() []arrow.Field {
	var class arrow.DataType = arrow.PrimitiveTypes.Int64
	if l.named {
		class = arrow.BinaryTypes.String
	}
	one := func(name, usual string, typ arrow.DataType) []arrow.Field {
		return []arrow.Field{field(name, usual, typ, true)}
	}
	switch l.kind {
	case sample.ClassLabel:
		return one(l.opts.Label, "label", class)
	case sample.ValueLabel:
		return one(l.opts.Label, "label", arrow.PrimitiveTypes.Float32)
	case sample.MultiLabel:
		if l.names == nil {
			class = arrow.PrimitiveTypes.Float32
		}
		return one(l.opts.Label, "labels", arrow.ListOf(class))
	case sample.TagLabel:
		return one(l.opts.Tags, "tags", arrow.ListOf(class))
	case sample.SpanLabel:
		return append(one(l.opts.Start, "start", arrow.PrimitiveTypes.Int64), one(l.opts.End, "end", arrow.PrimitiveTypes.Int64)...)
	}
	return nil
}

// features describes the columns as Hugging Face's datasets do.
func (l *layout) features() string {
	described := map[string]any{}
	value := func(dtype string) map[string]any { return map[string]any{"dtype": dtype, "_type": "Value"} }
	classes := map[string]any{"names": l.names, "_type": "ClassLabel"}
	for i, f := range l.schema.Fields() {
		switch typ := f.Type.(type) {
		case *arrow.ListType:
			inner := value(typ.Elem().String())
			if typ.Elem().ID() == arrow.INT64 && i > 0 {
				inner = classes
			} else if typ.Elem().ID() == arrow.STRING {
				inner = value("string")
			}
			described[f.Name] = map[string]any{"feature": inner, "_type": "Sequence"}
		case *arrow.StringType:
			described[f.Name] = value("string")
		default:
			described[f.Name] = value(f.Type.String())
			if l.kind == sample.ClassLabel && f.Type.ID() == arrow.INT64 {
				described[f.Name] = classes
			}
		}
	}
	text, _ := json.Marshal(map[string]any{"info": map[string]any{"features": described}}) // strings and maps do not fail
	return string(text)
}

// record returns the rows of a batch in the columns of the file.
func (l *layout) record(b *record.Batch) (arrow.Record, error) {
	rec := b.Record()
	if b.Kind() != l.kind {
		return nil, fmt.Errorf("a batch with labels of kind %d among kind %d: %w", b.Kind(), l.kind, ErrRows)
	}
	if !l.pair && rec.Column(3).NullN() < b.Len() {
		return nil, fmt.Errorf("row %d has a second text, the first rows have none: %w", rec.Column(0).(*array.Uint64).Value(0), ErrRows)
	}
	builder := array.NewRecordBuilder(l.opts.Memory, l.schema)
	defer builder.Release()
	for _, ex := range b.Examples() {
		if err := l.append(builder, ex); err != nil {
			return nil, fmt.Errorf("row %d: %w", ex.Row, err)
		}
	}
	return builder.NewRecord(), nil
}

func (l *layout) append(b *array.RecordBuilder, ex sample.Example) error {
	column := 0
	next := func() array.Builder { column++; return b.Field(column - 1) }
	if l.kind == sample.TagLabel {
		tokens := next().(*array.ListBuilder)
		tokens.Append(true)
		for _, w := range ex.Words {
			tokens.ValueBuilder().(*array.StringBuilder).Append(ex.Text[w.Start:w.End])
		}
	} else {
		next().(*array.StringBuilder).Append(ex.Text)
	}
	if l.pair {
		appendText(next(), ex.Pair, ex.HasPair)
	}
	if l.kind == sample.SpanLabel {
		if err := l.appendSpan(next().(*array.Int64Builder), next().(*array.Int64Builder), ex); err != nil {
			return err
		}
	} else if l.kind != sample.NoLabel {
		if err := l.appendLabel(next(), ex.Label); err != nil {
			return err
		}
	}
	if l.opts.Trail {
		next().(*array.Uint64Builder).Append(ex.Row)
		next().(*array.Uint16Builder).Append(ex.Copy)
		appendText(next(), ex.Audit, ex.Audit != "")
	}
	return nil
}

func appendText(b array.Builder, s string, valid bool) {
	if valid {
		b.(*array.StringBuilder).Append(s)
	} else {
		b.AppendNull()
	}
}

func (l *layout) appendLabel(b array.Builder, label sample.Label) error {
	if label.Kind == sample.NoLabel {
		b.AppendNull()
		return nil
	}
	switch l.kind {
	case sample.ClassLabel:
		return l.appendClass(b, label.Int[0])
	case sample.ValueLabel:
		b.(*array.Float32Builder).Append(label.Float[0])
		return nil
	}
	items := b.(*array.ListBuilder)
	items.Append(true)
	for _, tag := range label.Int {
		if err := l.appendClass(items.ValueBuilder(), tag); err != nil {
			return err
		}
	}
	for class, v := range label.Float {
		if l.names == nil {
			items.ValueBuilder().(*array.Float32Builder).Append(v)
			continue
		}
		if v != 0 && v != 1 {
			return fmt.Errorf("class %d has the value %g; 0 or 1 is expected where classes are named: %w", class, v, ErrRows)
		}
		if v == 1 {
			if err := l.appendClass(items.ValueBuilder(), int64(class)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *layout) appendClass(b array.Builder, class int64) error {
	if l.names != nil && (class < 0 || class >= int64(len(l.names))) && class != sample.Ignore {
		return fmt.Errorf("class %d of %d names: %w", class, len(l.names), ErrRows)
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(class)
	case *array.StringBuilder:
		if class == sample.Ignore {
			b.AppendNull()
			return nil
		}
		b.Append(l.names[class])
	}
	return nil
}

// appendSpan writes a span in characters, as the data sets of other languages
// count.
func (l *layout) appendSpan(start, end *array.Int64Builder, ex sample.Example) error {
	if ex.Label.Kind == sample.NoLabel {
		start.AppendNull()
		end.AppendNull()
		return nil
	}
	from, to := ex.Label.Int[0], ex.Label.Int[1]
	text := ex.Text
	if ex.HasPair {
		text = ex.Pair
	}
	if from >= 0 {
		if from > to || to > int64(len(text)) {
			return fmt.Errorf("the span %d to %d lies outside of %d bytes: %w", from, to, len(text), ErrRows)
		}
		from, to = int64(utf8.RuneCountInString(text[:from])), int64(utf8.RuneCountInString(text[:to]))
	}
	start.Append(from)
	end.Append(to)
	return nil
}
