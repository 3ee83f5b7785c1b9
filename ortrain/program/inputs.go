package program

import "fmt"

// filler computes one graph input.
type filler func(b *Binder, l *layout, name string) (Feed, error)

// fillers holds every input that a text graph may ask for, by name. The packed
// ones are described in the architecture document; the padded ones are those of
// Hugging Face models.
var fillers = map[string]filler{
	"input_ids":      tokens(func(l *layout) []int64 { return l.IDs }, func(l *layout) int64 { return l.padID }),
	"token_type_ids": tokens(func(l *layout) []int64 { return l.TypeIDs }, zero),
	"position_ids":   tokens(func(l *layout) []int64 { return l.Positions }, zero),
	"attention_mask": attentionMask,
	"dense_index":    denseIndex,
	"dense_mask":     denseMask,
	"packed_index":   packedIndex,
	"attention_bias": attentionBias,
	"cls_rows":       clsRows,
	"cls_inverse":    clsInverse,
	"cls_mask":       clsMask,
	"labels":         labels,
}

func zero(*layout) int64 { return 0 }

// tokens feeds one number per token: as it lies in the batch to a packed
// graph, spread over the rectangle to a padded one.
func tokens(of func(*layout) []int64, pad func(*layout) int64) filler {
	return func(b *Binder, l *layout, name string) (Feed, error) {
		packed := of(l)
		if l.form == Packed {
			return Feed{Dims: []int64{l.t()}, Int64: packed}, nil
		}
		out, fill := b.int64s(name, l.bs()), pad(l)
		l.each(func(place, token int) {
			if token < 0 {
				out[place] = fill
			} else {
				out[place] = packed[token]
			}
		})
		return Feed{Dims: []int64{l.b(), l.s()}, Int64: out}, nil
	}
}

// attentionMask is int64 [B,S]: 1 for a token, 0 for padding.
func attentionMask(b *Binder, l *layout, name string) (Feed, error) {
	out := b.int64s(name, l.bs())
	l.each(func(place, token int) {
		if token >= 0 {
			out[place] = 1
		}
	})
	return Feed{Dims: []int64{l.b(), l.s()}, Int64: out}, nil
}

// denseIndex is int64 [B·S]: the packed index of the token at each place, 0 for
// padding.
func denseIndex(b *Binder, l *layout, name string) (Feed, error) {
	out := b.int64s(name, l.bs())
	l.each(func(place, token int) { out[place] = int64(max(token, 0)) })
	return Feed{Dims: []int64{l.bs()}, Int64: out}, nil
}

// denseMask is float [B·S,1]: 1 for a token, 0 for padding.
func denseMask(b *Binder, l *layout, name string) (Feed, error) {
	out := b.float32s(name, l.bs())
	l.each(func(place, token int) {
		if token >= 0 {
			out[place] = 1
		}
	})
	return Feed{Dims: []int64{l.bs(), 1}, Float32: out}, nil
}

// packedIndex is int64 [T]: the place of each token in the rectangle.
func packedIndex(b *Binder, l *layout, name string) (Feed, error) {
	out := b.int64s(name, l.t())
	l.each(func(place, token int) {
		if token >= 0 {
			out[token] = int64(place)
		}
	})
	return Feed{Dims: []int64{l.t()}, Int64: out}, nil
}

// attentionBias is float [B,1,1,S]: 0 for a token, the smallest finite float
// for padding.
func attentionBias(b *Binder, l *layout, name string) (Feed, error) {
	out := b.float32s(name, l.bs())
	l.each(func(place, token int) {
		if token < 0 {
			out[place] = maskedScore
		}
	})
	return Feed{Dims: []int64{l.b(), 1, 1, l.s()}, Float32: out}, nil
}

// clsRows is int64 [B]: the packed index of each sequence's first token.
func clsRows(b *Binder, l *layout, name string) (Feed, error) {
	out := b.int64s(name, l.b())
	for i := range out {
		out[i] = int64(l.Offsets[i])
	}
	return Feed{Dims: []int64{l.b()}, Int64: out}, nil
}

// clsInverse is int64 [T]: the sequence of which a token is the first, 0
// elsewhere.
func clsInverse(b *Binder, l *layout, name string) (Feed, error) {
	out := b.int64s(name, l.t())
	for i := range l.Sequences() {
		out[l.Offsets[i]] = int64(i)
	}
	return Feed{Dims: []int64{l.t()}, Int64: out}, nil
}

// clsMask is float [T,1]: 1 for the first token of a sequence, 0 elsewhere.
func clsMask(b *Binder, l *layout, name string) (Feed, error) {
	out := b.float32s(name, l.t())
	for i := range l.Sequences() {
		out[l.Offsets[i]] = 1
	}
	return Feed{Dims: []int64{l.t(), 1}, Float32: out}, nil
}

// labels are the batch's own, in the shape it gives them.
func labels(_ *Binder, l *layout, _ string) (Feed, error) {
	switch {
	case l.Labels.Int != nil:
		return Feed{Dims: l.Labels.Shape, Int64: l.Labels.Int}, nil
	case l.Labels.Float != nil:
		return Feed{Dims: l.Labels.Shape, Float32: l.Labels.Float}, nil
	}
	return Feed{}, fmt.Errorf("the batch has no labels; map a label column or use a graph without a loss")
}
