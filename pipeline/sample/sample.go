// Package sample holds the two values that cross every border of ortrain: the
// Example, one labelled text or pair as it travels through the pipeline, and
// the Batch, the packed token ids that one run of a training graph consumes.
//
// It is a leaf: it imports only the standard library, so both the pipeline and
// the trainer can depend on it without depending on each other.
//
// Legend used in comments: B sequences of the batch, T tokens of all of them
// together, C classes.
package sample

import (
	"fmt"
)

// Ignore is the integer label of a place that has no label and takes no part
// in the loss (PyTorch's and ONNX's ignore_index by convention).
const Ignore = -100

// Example is one labelled text or pair of texts.
type Example struct {
	// Row identifies the example within its data set: it never changes with
	// order, workers or epoch, and every random draw about the example is keyed
	// by it.
	Row uint64
	// Copy numbers augmented copies; 0 is the original.
	Copy uint16
	// Text and Pair are valid UTF-8. Pair is meaningful only if HasPair.
	Text, Pair string
	HasPair    bool
	// Words are the stretches of Text that the tags of a TagLabel belong to, in
	// order and without overlap; nil where there are no tags.
	Words []Range
	// Label is what the example teaches.
	Label Label
	// Tokens are what the texts were encoded as, for a row that was tokenized
	// before; nil for others.
	Tokens *Tokens
	// Audit says what was done to the text on its way, for people to read; empty
	// when nobody asked.
	Audit string
}

// Range is a stretch of a text. Units: bytes, the end excluded.
type Range struct{ Start, End int }

// Len returns the length of the stretch.
func (r Range) Len() int { return r.End - r.Start }

// Tokens are what the texts of one example were encoded as. The windows over a
// long text lie one after another.
type Tokens struct {
	// IDs and TypeIDs have one value for each token, special tokens included.
	IDs     []int32
	TypeIDs []uint8
	// Labels are the tag of each token, or the first and the last token of the
	// answer in each window; nil where a label belongs to the whole example.
	Labels []int64
	// Ends are where the windows end, the last one with the tokens; nil for one
	// window.
	Ends []int32
	// TextHash and TextBytes are those of the texts, which need not be there any
	// more.
	TextHash  uint64
	TextBytes int64
}

// Label holds exactly one kind of target. The zero Label is "no label".
type Label struct {
	Kind LabelKind
	// Int is a class number, or the tags of the words.
	Int []int64
	// Float is a regression target, or one 0/1 per class.
	Float []float32
}

// LabelKind says what a Label holds.
type LabelKind uint8

// The kinds of label.
const (
	NoLabel    LabelKind = iota
	ClassLabel           // Int[0] is the class
	MultiLabel           // Float has one value per class
	ValueLabel           // Float[0] is the target
	TagLabel             // Int has one class per word
	SpanLabel            // Int is {start, end} in bytes of Pair, or of Text without a pair; {-1, -1}: no answer
)

// Class returns the label of a single-label example.
func Class(c int64) Label { return Label{Kind: ClassLabel, Int: []int64{c}} }

// Batch is one packed micro-batch: the tokens of B sequences one after
// another, without padding.
type Batch struct {
	// IDs, TypeIDs and Positions have length T. Positions start at 0 in every
	// sequence; an architecture that wants an offset adds it in its graph.
	IDs, TypeIDs, Positions []int64
	// Offsets has length B+1: sequence b is [Offsets[b], Offsets[b+1]).
	Offsets []int32
	// Labels are the targets of the batch.
	Labels Labels
	// Row and Copy say which example each sequence came from; length B.
	Row  []uint64
	Copy []uint16
	// More says that this is not all of a batch: it was too large for one run of
	// the graph, and the rest follows. An optimizer step ends after a batch whose
	// More is false.
	More bool
	// Cursor is the position of the pipeline after this batch: a run that is
	// resumed from it gets the batch that followed. With More it is still the
	// position before the batch.
	Cursor Cursor
}

// Labels holds the targets of a batch: exactly one of Int and Float is set,
// or neither when the data has no labels.
type Labels struct {
	// Int has shape [B] (classes), [T] (tags, Ignore where there is none) or
	// [B,2] (spans).
	Int []int64
	// Float has shape [B] (regression) or [B,C] (multi-label).
	Float []float32
	// Shape is the shape of whichever is set.
	Shape []int64
}

// Cursor is a position between two batches of a run. It is small, comparable
// and goes into checkpoints as JSON.
type Cursor struct {
	// Epoch counts from 0.
	Epoch int `json:"epoch"`
	// Batch counts the batches of this epoch that lie before the position.
	Batch int `json:"batch"`
	// Examples counts the examples of this epoch that lie before the position.
	Examples int64 `json:"examples"`
}

// Sequences returns B.
func (b *Batch) Sequences() int { return max(len(b.Offsets)-1, 0) }

// Tokens returns T.
func (b *Batch) Tokens() int { return len(b.IDs) }

// Longest returns S, the length of the longest sequence.
func (b *Batch) Longest() int {
	longest := 0
	for i := range b.Sequences() {
		longest = max(longest, int(b.Offsets[i+1]-b.Offsets[i]))
	}
	return longest
}

// Padding returns the share of B·S that attention computes on no token: 0 when
// all sequences are equally long.
func (b *Batch) Padding() float64 {
	area := b.Sequences() * b.Longest()
	if area == 0 {
		return 0
	}
	return 1 - float64(b.Tokens())/float64(area)
}

// Check reports the first way in which the batch is malformed. A batch that
// passes can be bound to a graph without further bounds checks.
func (b *Batch) Check() error {
	t, n := len(b.IDs), b.Sequences()
	switch {
	case n == 0:
		return fmt.Errorf("sample: batch has no sequences")
	case len(b.TypeIDs) != t || len(b.Positions) != t:
		return fmt.Errorf("sample: %d ids, %d type ids and %d positions; want equal numbers", t, len(b.TypeIDs), len(b.Positions))
	case b.Offsets[0] != 0 || int(b.Offsets[n]) != t:
		return fmt.Errorf("sample: offsets run from %d to %d; want 0 to %d", b.Offsets[0], b.Offsets[n], t)
	case len(b.Row) != n || len(b.Copy) != n:
		return fmt.Errorf("sample: %d rows and %d copies for %d sequences", len(b.Row), len(b.Copy), n)
	}
	for i := range n {
		if b.Offsets[i+1] <= b.Offsets[i] {
			return fmt.Errorf("sample: sequence %d has %d tokens; want at least 1", i, b.Offsets[i+1]-b.Offsets[i])
		}
	}
	return b.Labels.check()
}

func (l Labels) check() error {
	if l.Int != nil && l.Float != nil {
		return fmt.Errorf("sample: labels are both integers and floats; want one")
	}
	n := len(l.Int) + len(l.Float)
	if n == 0 {
		return nil
	}
	want := int64(1)
	for _, d := range l.Shape {
		want *= d
	}
	if int64(n) != want {
		return fmt.Errorf("sample: %d labels for shape %v", n, l.Shape)
	}
	return nil
}
