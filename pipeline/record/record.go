// Package record holds rows as Arrow record batches, the form in which they
// travel between the stages of the pipeline.
//
// Nouns: a Batch is up to MaxRows rows in columns (Arrow memory, counted by an
// Allocator); its Examples are views of the rows. Path: a Builder or Of makes a
// Batch; a stage reads Batch.Examples, and makes a new Batch or passes the old
// one on; the last one to hold it calls Release.
//
// Columns, in this order:
//
//	row_id     uint64
//	copy       uint16         number of the augmented copy, 0 for the original
//	text       utf8
//	text_pair  utf8, null     null where the example is a single text
//	label      null           unlabelled data
//	           int64, null    classes (null: this row has no label)
//	           float32, null  regression
//	           list<float32>  multi-label
//	           list<int64>    tags and spans
//	words      list<int32>, null   start and end of each tagged word
//	audit      utf8, null     what was done to the text
//
// and, where rows carry their tokens (NewTokenBuilder):
//
//	input_ids       list<int32>
//	token_type_ids  list<uint8>
//	token_labels    list<int64>, null   tags of tokens, or ends of answers
//	window_ends     list<int32>, null   where each of several windows ends
//	text_hash, text_bytes               of the texts, which may be absent
//
// The schema's metadata key "ortrain.label" names the kind of label. A
// Preparation says how such rows lie in a file, and what they were made with.
//
// Errors wrap ErrSchema or ErrVersion. Concurrency: a Batch is immutable and its reference
// count atomic, so batches may cross goroutines; a Builder serves one.
package record

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// MaxRows is the largest number of rows of one batch. Units: rows.
const MaxRows = 1024

// ErrSchema is wrapped by errors about batches whose columns are not those of
// this package.
var ErrSchema = errors.New("unexpected columns")

// Allocator hands out Arrow memory and counts what is in use. The zero value
// is ready; it is safe for concurrent use.
type Allocator struct {
	heap  memory.GoAllocator
	bytes atomic.Int64
}

// Allocate returns size bytes, 64-byte aligned.
func (a *Allocator) Allocate(size int) []byte {
	a.bytes.Add(int64(size))
	return a.heap.Allocate(size)
}

// Reallocate changes the size of a piece of memory.
func (a *Allocator) Reallocate(size int, b []byte) []byte {
	a.bytes.Add(int64(size - len(b)))
	return a.heap.Reallocate(size, b)
}

// Free gives memory back.
func (a *Allocator) Free(b []byte) {
	a.bytes.Add(-int64(len(b)))
	a.heap.Free(b)
}

// Bytes returns the memory in use. Units: bytes.
func (a *Allocator) Bytes() int64 { return a.bytes.Load() }

// Batch is up to MaxRows rows. Whoever receives one owns one reference.
type Batch struct {
	rec  arrow.Record
	kind sample.LabelKind
}

const labelKey = "ortrain.label"

// labelType says how each kind of label is stored.
var labelType = map[sample.LabelKind]struct {
	name string
	typ  arrow.DataType
}{
	sample.NoLabel:    {"none", arrow.Null},
	sample.ClassLabel: {"class", arrow.PrimitiveTypes.Int64},
	sample.ValueLabel: {"value", arrow.PrimitiveTypes.Float32},
	sample.MultiLabel: {"multi", arrow.ListOf(arrow.PrimitiveTypes.Float32)},
	sample.TagLabel:   {"tags", arrow.ListOf(arrow.PrimitiveTypes.Int64)},
	sample.SpanLabel:  {"span", arrow.ListOf(arrow.PrimitiveTypes.Int64)},
}

// Schema returns the Arrow schema of batches with one kind of label.
func Schema(kind sample.LabelKind) *arrow.Schema {
	label := labelType[kind]
	meta := arrow.NewMetadata([]string{labelKey}, []string{label.name})
	return arrow.NewSchema([]arrow.Field{
		{Name: "row_id", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "copy", Type: arrow.PrimitiveTypes.Uint16},
		{Name: "text", Type: arrow.BinaryTypes.String},
		{Name: "text_pair", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "label", Type: label.typ, Nullable: true},
		{Name: "words", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "audit", Type: arrow.BinaryTypes.String, Nullable: true},
	}, &meta)
}

// required is how many of the columns, from the first, a record must have to be
// wrapped; the others are null where they are missing.
const required = 5

// Wrap takes over one reference of an Arrow record with the columns of Schema,
// as read from a file or made by another tool. The order of columns does not
// matter; further ones are dropped.
func Wrap(rec arrow.Record) (*Batch, error) {
	defer rec.Release()
	name, _ := rec.Schema().Metadata().GetValue(labelKey)
	for kind, label := range labelType {
		if label.name != name {
			continue
		}
		want := Schema(kind)
		columns := make([]arrow.Array, want.NumFields())
		for i, field := range want.Fields() {
			found := rec.Schema().FieldIndices(field.Name)
			if len(found) == 0 && i >= required {
				columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, field.Type, int(rec.NumRows()))
				defer columns[i].Release()
				continue
			}
			if len(found) != 1 {
				return nil, fmt.Errorf("record: %d columns are named %s; one is expected: %w", len(found), field.Name, ErrSchema)
			}
			columns[i] = rec.Column(found[0])
			if !arrow.TypeEqual(columns[i].DataType(), field.Type) {
				return nil, fmt.Errorf("record: column %s holds %s; %s is expected: %w", field.Name, columns[i].DataType(), field.Type, ErrSchema)
			}
			if !field.Nullable && columns[i].NullN() > 0 {
				return nil, fmt.Errorf("record: column %s has nulls: %w", field.Name, ErrSchema)
			}
		}
		return &Batch{rec: array.NewRecord(want, columns, rec.NumRows()), kind: kind}, nil
	}
	return nil, fmt.Errorf("record: schema metadata %s is %q; none, class, value, multi, tags or span is expected: %w", labelKey, name, ErrSchema)
}

// Len returns the number of rows.
func (b *Batch) Len() int { return int(b.rec.NumRows()) }

// Kind returns the kind of label that the rows carry.
func (b *Batch) Kind() sample.LabelKind { return b.kind }

// Record returns the Arrow form. It lives as long as the batch; retain it to
// keep it longer.
func (b *Batch) Record() arrow.Record { return b.rec }

// Retain adds a reference.
func (b *Batch) Retain() { b.rec.Retain() }

// Release gives a reference up; the last one frees the memory.
func (b *Batch) Release() { b.rec.Release() }
