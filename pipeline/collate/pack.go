package collate

import (
	"fmt"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Pack lays the sequences out in one batch, with labels of the given kind: a
// class, the tags and the ends of an answer are sample.Ignore where they are
// missing; a number and a set of classes must be there. The batch has no cursor
// yet.
func Pack(kind sample.LabelKind, sequences []Sequence) (*sample.Batch, error) {
	n, total := len(sequences), 0
	for _, s := range sequences {
		total += len(s.IDs)
	}
	ids := make([]int64, 3*total)
	b := &sample.Batch{
		IDs: ids[:0:total], TypeIDs: ids[total : total : 2*total], Positions: ids[2*total : 2*total : 3*total],
		Offsets: make([]int32, 1, n+1), Row: make([]uint64, 0, n), Copy: make([]uint16, 0, n),
	}
	for _, s := range sequences {
		for i, id := range s.IDs {
			b.IDs = append(b.IDs, int64(id))
			b.TypeIDs = append(b.TypeIDs, int64(s.TypeIDs[i]))
			b.Positions = append(b.Positions, int64(i))
		}
		if err := appendLabel(&b.Labels, kind, len(b.Row), s); err != nil {
			return nil, err
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Row = append(b.Row, s.Row)
		b.Copy = append(b.Copy, s.Copy)
	}
	b.Labels.Shape = shape(kind, int64(n), b.Labels)
	if err := b.Check(); err != nil {
		return nil, fmt.Errorf("collate: %w", err)
	}
	return b, nil
}

// shape is that of the labels of n sequences.
func shape(kind sample.LabelKind, n int64, l sample.Labels) []int64 {
	switch kind {
	case sample.NoLabel:
		return nil
	case sample.TagLabel:
		return []int64{int64(len(l.Int))} // [T]
	case sample.SpanLabel:
		return []int64{n, 2}
	case sample.MultiLabel:
		if n > 0 {
			return []int64{n, int64(len(l.Float)) / n}
		}
	}
	return []int64{n}
}

// appendLabel adds the label of a sequence that has this many before it.
func appendLabel(to *sample.Labels, kind sample.LabelKind, before int, s Sequence) error {
	l := s.Label
	if l.Kind != sample.NoLabel && l.Kind != kind {
		return fmt.Errorf("collate: row %d has a label of kind %d in a batch of kind %d", s.Row, l.Kind, kind)
	}
	if l.Kind == sample.NoLabel && (kind == sample.ValueLabel || kind == sample.MultiLabel) {
		return fmt.Errorf("collate: row %d has no label; a batch of kind %d needs one for every row", s.Row, kind)
	}
	switch kind {
	case sample.ClassLabel:
		class := int64(sample.Ignore)
		if l.Kind == kind {
			class = l.Int[0]
		}
		to.Int = append(to.Int, class)
	case sample.TagLabel:
		return appendTags(to, s)
	case sample.SpanLabel:
		return appendSpan(to, s)
	case sample.ValueLabel:
		to.Float = append(to.Float, l.Float[0])
	case sample.MultiLabel:
		if classes := len(l.Float); before > 0 && classes*before != len(to.Float) {
			return fmt.Errorf("collate: row %d has %d classes, those before it %d; all rows of a multi-label set have the same", s.Row, classes, len(to.Float)/before)
		}
		to.Float = append(to.Float, l.Float...)
	}
	return nil
}

// appendSpan adds the first and the last token of an answer; none counts for an
// unlabelled row.
func appendSpan(to *sample.Labels, s Sequence) error {
	ends := s.Label.Int
	if s.Label.Kind == sample.NoLabel {
		ends = []int64{sample.Ignore, sample.Ignore}
	} else if len(ends) != 2 || ends[0] < 0 || ends[1] < ends[0] || ends[1] >= int64(len(s.IDs)) {
		return fmt.Errorf("collate: row %d has the answer %v among %d tokens", s.Row, ends, len(s.IDs))
	}
	to.Int = append(to.Int, ends...)
	return nil
}

// appendTags adds one tag for each token; none of an unlabelled row counts.
func appendTags(to *sample.Labels, s Sequence) error {
	if s.Label.Kind == sample.NoLabel {
		for range s.IDs {
			to.Int = append(to.Int, sample.Ignore)
		}
		return nil
	}
	if len(s.Label.Int) != len(s.IDs) {
		return fmt.Errorf("collate: row %d has %d tags for %d tokens", s.Row, len(s.Label.Int), len(s.IDs))
	}
	to.Int = append(to.Int, s.Label.Int...)
	return nil
}
