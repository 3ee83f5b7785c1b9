package feed

import (
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// tokens encodes a row for a file, its windows one after another.
func (e encoder) tokens(ex sample.Example) (*sample.Tokens, error) {
	seq, err := e.sequence(ex)
	if err != nil {
		return nil, err
	}
	t := &sample.Tokens{TextHash: textHash(ex), TextBytes: textBytes(ex)}
	labelled := ex.Label.Kind == sample.TagLabel || ex.Label.Kind == sample.SpanLabel
	add := func(s collate.Sequence) {
		t.IDs, t.TypeIDs = append(t.IDs, s.IDs...), append(t.TypeIDs, s.TypeIDs...)
		if labelled {
			t.Labels = append(t.Labels, s.Label.Int...)
		}
	}
	add(seq)
	if len(seq.Rest) == 0 {
		return t, nil
	}
	t.Ends = append(t.Ends, int32(len(t.IDs)))
	for _, w := range seq.Rest {
		add(w)
		t.Ends = append(t.Ends, int32(len(t.IDs)))
	}
	return t, nil
}

// carried returns the sequence of a row that came with its tokens.
func carried(ex sample.Example) collate.Sequence {
	t := ex.Tokens
	window := func(number, from, to int) collate.Sequence {
		s := collate.Sequence{Row: ex.Row, Copy: ex.Copy, IDs: t.IDs[from:to:to], TypeIDs: t.TypeIDs[from:to:to], Label: ex.Label}
		switch ex.Label.Kind {
		case sample.TagLabel:
			s.Label.Int = t.Labels[from:to:to]
		case sample.SpanLabel:
			s.Label.Int = t.Labels[2*number : 2*number+2 : 2*number+2]
		}
		return s
	}
	if t.Ends == nil {
		return window(0, 0, len(t.IDs))
	}
	first := window(0, 0, int(t.Ends[0]))
	for i, end := range t.Ends[1:] {
		first.Rest = append(first.Rest, window(i+1, int(t.Ends[i]), int(end)))
	}
	return first
}
