package feed

import (
	"fmt"

	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// encoder turns rows into tokens with labels for tokens.
type encoder struct {
	tok  *tokenize.Tokenizer
	kind sample.LabelKind
	opts tokenize.Options
}

func (c Config) encoder() encoder {
	return encoder{c.Tokenizer, c.Kind, tokenize.Options{
		MaxLength: c.MaxLength, Truncation: c.Truncation, Stride: c.Stride,
		Spans: c.Kind == sample.TagLabel || c.Kind == sample.SpanLabel,
	}}
}

// sequence encodes a row, unless it carries its tokens. With span labels it may
// be several windows.
func (e encoder) sequence(ex sample.Example) (collate.Sequence, error) {
	if ex.Tokens != nil {
		return carried(ex), nil
	}
	var windows []tokenize.Encoding
	var err error
	if e.kind == sample.SpanLabel {
		windows, err = e.tok.Windows(ex.Text, ex.Pair, ex.HasPair, e.opts)
	} else {
		windows = make([]tokenize.Encoding, 1)
		if ex.HasPair {
			windows[0], err = e.tok.EncodePair(ex.Text, ex.Pair, e.opts)
		} else {
			windows[0], err = e.tok.Encode(ex.Text, e.opts)
		}
	}
	if err == nil && ex.Label.Kind == sample.TagLabel && len(ex.Words) != len(ex.Label.Int) {
		err = fmt.Errorf("%d words have %d tags", len(ex.Words), len(ex.Label.Int))
	}
	if err != nil {
		return collate.Sequence{}, fmt.Errorf("feed: row %d: %w", ex.Row, err)
	}
	first := e.labelled(ex, windows[0])
	for _, w := range windows[1:] {
		first.Rest = append(first.Rest, e.labelled(ex, w))
	}
	return first, nil
}

// labelled carries the label of a row to the tokens of one of its windows.
func (e encoder) labelled(ex sample.Example, w tokenize.Encoding) collate.Sequence {
	s := collate.Sequence{Row: ex.Row, Copy: ex.Copy, IDs: w.IDs, TypeIDs: w.TypeIDs, Label: ex.Label}
	switch ex.Label.Kind {
	case sample.TagLabel:
		s.Label.Int = tokenize.Tags(w.Spans, ex.Words, ex.Label.Int)
	case sample.SpanLabel:
		text := int8(0)
		if ex.HasPair {
			text = 1
		}
		first, last, _ := tokenize.Answer(w.Spans, text, sample.Range{Start: int(ex.Label.Int[0]), End: int(ex.Label.Int[1])})
		s.Label.Int = []int64{int64(first), int64(last)}
	}
	return s
}
