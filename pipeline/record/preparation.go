package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// PreparedVersion is that of the files that a Preparation describes.
const PreparedVersion = 1

// ErrVersion is wrapped by errors about files of a later version.
var ErrVersion = errors.New("made by a later version")

// Preparation says what the rows of a prepared file were made with, so that they
// serve nothing else, and where they lie.
//
// A prepared file is an Arrow IPC file of rows that carry their tokens. The data
// it was made of had parts, each of so many rows, and every BatchRows rows of a
// part are one record batch: what cleaning has left of them, which may be
// nothing. So a row keeps its id, and its part can be read without the others.
//
// The schema's metadata have the Preparation in JSON, and its SHA-256. The column
// check has the CRC-32C of each row.
type Preparation struct {
	Version int `json:"version"`
	// Labels is the kind of label, as the metadata key "ortrain.label" says it.
	Labels string `json:"labels"`
	// Names are the classes in order. Declared says that the data declare them;
	// Optional, that rows without a label were let in.
	Names    []string `json:"names,omitempty"`
	Declared bool     `json:"declared,omitempty"`
	Optional bool     `json:"optional,omitempty"`
	// Columns are those that were read, by the option that names them.
	Columns map[string]string `json:"columns"`
	// Text says that the texts are kept, Pairs that there are two of them.
	Text  bool `json:"text"`
	Pairs bool `json:"pairs,omitempty"`
	// Tokenizer is the SHA-256 of the tokenizer's file, Vocabulary the number of
	// its ids.
	Tokenizer  string `json:"tokenizer"`
	Vocabulary int    `json:"vocabulary"`
	MaxLength  int    `json:"max_seq_length"`
	Truncation string `json:"truncation"`
	Stride     int    `json:"doc_stride"`
	// Clean says in words how the texts were cleaned; empty: not at all.
	Clean string `json:"clean,omitempty"`
	// Parts are the rows of each part before cleaning: numbers, each with how
	// often it follows itself.
	Parts     [][2]int `json:"parts"`
	BatchRows int      `json:"batch_rows"`
}

// The keys of the metadata.
const (
	preparedKey = "ortrain.prepared"
	hashKey     = "ortrain.prepared.sha256"
)

// checkColumn has the checksums of the rows.
const checkColumn = "check"

// KindName returns the name of a kind of label.
func KindName(kind sample.LabelKind) string { return labelType[kind].name }

// Kind returns the kind of label, and whether there is one of that name.
func (p Preparation) Kind() (sample.LabelKind, bool) {
	for kind, label := range labelType {
		if label.name == p.Labels {
			return kind, true
		}
	}
	return sample.NoLabel, false
}

// AddPart adds a part of so many rows.
func (p *Preparation) AddPart(rows int) {
	if n := len(p.Parts); n > 0 && p.Parts[n-1][0] == rows {
		p.Parts[n-1][1]++
		return
	}
	p.Parts = append(p.Parts, [2]int{rows, 1})
}

// maxPart bounds the rows of a part, maxBatches the record batches of a file.
const (
	maxPart    = 1 << 31
	maxBatches = 1 << 31
)

// Batches returns the number of record batches.
func (p Preparation) Batches() (n int) {
	for _, part := range p.Parts {
		n += part[1] * ((part[0] + p.BatchRows - 1) / p.BatchRows)
	}
	return n
}

// validate reports what no file of this version says.
func (p Preparation) validate() error {
	if _, ok := p.Kind(); !ok {
		return fmt.Errorf("record: labels of kind %q: %w", p.Labels, ErrSchema)
	}
	if p.BatchRows < 1 || p.BatchRows > MaxRows || len(p.Parts) == 0 {
		return fmt.Errorf("record: %d parts, batches of %d rows: %w", len(p.Parts), p.BatchRows, ErrSchema)
	}
	batches := 0
	for _, part := range p.Parts {
		if part[0] < 1 || part[0] > maxPart || part[1] < 1 || part[1] > maxBatches {
			return fmt.Errorf("record: %d parts of %d rows: %w", part[1], part[0], ErrSchema)
		}
		if batches += part[1] * ((part[0] + p.BatchRows - 1) / p.BatchRows); batches > maxBatches {
			return fmt.Errorf("record: more than %d record batches: %w", maxBatches, ErrSchema)
		}
	}
	return nil
}

// Schema returns the schema of a prepared file.
func (p Preparation) Schema() (*arrow.Schema, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	sum := sha256.Sum256(text)
	meta := arrow.NewMetadata([]string{labelKey, preparedKey, hashKey}, []string{p.Labels, string(text), hex.EncodeToString(sum[:])})
	return arrow.NewSchema(p.fields(), &meta), nil
}

// fields are the columns of the file: those of TokenSchema that hold anything.
func (p Preparation) fields() []arrow.Field {
	kind, _ := p.Kind()
	tags, spans := kind == sample.TagLabel, kind == sample.SpanLabel
	left := map[string]bool{
		"copy": true, "audit": true, "text": !p.Text, "text_pair": !p.Text || !p.Pairs, "label": kind == sample.NoLabel,
		"words": !p.Text || !tags, "token_labels": !tags && !spans, "window_ends": !spans,
	}
	var out []arrow.Field
	for _, f := range TokenSchema(kind).Fields() {
		if !left[f.Name] {
			out = append(out, f)
		}
	}
	return append(out, arrow.Field{Name: checkColumn, Type: arrow.PrimitiveTypes.Uint32})
}

// IsPrepared reports whether a file with this schema is a prepared one.
func IsPrepared(schema *arrow.Schema) bool {
	meta := schema.Metadata()
	return meta.FindKey(preparedKey) >= 0 || meta.FindKey(hashKey) >= 0
}

// ParsePreparation reads what the schema of a prepared file says.
func ParsePreparation(schema *arrow.Schema) (p Preparation, err error) {
	meta := schema.Metadata()
	text, _ := meta.GetValue(preparedKey)
	var of struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal([]byte(text), &of); err != nil {
		return p, fmt.Errorf("record: the file does not say how it was prepared, or is damaged: %w: %w", err, ErrSchema)
	}
	if of.Version > PreparedVersion {
		return p, fmt.Errorf("record: the file was prepared in version %d of the format; up to %d is read: %w", of.Version, PreparedVersion, ErrVersion)
	}
	sum := sha256.Sum256([]byte(text))
	if said, _ := meta.GetValue(hashKey); said != hex.EncodeToString(sum[:]) {
		return p, fmt.Errorf("record: what the file says of its preparation does not fit its hash; it is damaged: %w", ErrSchema)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("record: %w: %w", err, ErrSchema)
	}
	if err := p.validate(); err != nil {
		return p, err
	}
	want := p.fields()
	if len(want) != schema.NumFields() {
		return p, fmt.Errorf("record: %d columns, %d are expected of a file prepared so: %w", schema.NumFields(), len(want), ErrSchema)
	}
	for i, f := range schema.Fields() {
		if f.Name != want[i].Name || !arrow.TypeEqual(f.Type, want[i].Type) {
			return p, fmt.Errorf("record: column %s of type %s, %s of type %s is expected: %w", f.Name, f.Type, want[i].Name, want[i].Type, ErrSchema)
		}
	}
	return p, nil
}
