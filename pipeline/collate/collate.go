// Package collate forms packed batches of tokenized examples.
//
// Nouns: a Sequence is one tokenized example; a window is a stretch of
// sequences within which they may change places; a packed batch
// (sample.Batch) holds its sequences one after another without padding. Path:
// slices of sequences in the order of the epoch → Batches, which groups them by
// length within windows → Pack.
//
// Batches of equally long sequences keep the rectangle that attention works on
// close to the tokens there are. The order is a function of the seed, the
// epoch and the number of the window alone.
//
// Errors: those of the input, and labels that do not fit together.
// Concurrency: Pack is a pure function; a Source serves one goroutine.
//
// The package neither tokenizes nor shuffles whole epochs.
package collate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Sequence is one tokenized example.
type Sequence struct {
	Row  uint64
	Copy uint16
	// IDs and TypeIDs have one value for each token, special tokens included.
	IDs     []int32
	TypeIDs []uint8
	Label   sample.Label
}

// Options say how sequences become batches.
type Options struct {
	// BatchSize is the number of sequences of a batch; at least 1.
	BatchSize int
	// Window is the number of batches within which sequences are grouped; at
	// least 1.
	Window int
	// Group puts sequences of like length into a batch.
	Group bool
	// Shuffle puts the batches of a window into an order drawn from Seed, Epoch
	// and the window's number. Without it they go from short to long if grouped,
	// else in the order of the input.
	Shuffle bool
	Seed    uint64
	Epoch   uint32
	// First is the number of the window that the input begins with.
	First int
}

// Batches cuts src into windows and yields the sequences of one batch after
// another. Every batch but the last one of src has BatchSize sequences; the
// slices that src yields may have any length.
func Batches(src pipeline.Source[[]Sequence], o Options) pipeline.Source[[]Sequence] {
	o.BatchSize, o.Window = max(o.BatchSize, 1), max(o.Window, 1)
	number := o.First
	var ahead []Sequence   // of the next window
	var ready [][]Sequence // batches of this window
	next := func(ctx context.Context) ([]Sequence, error) {
		size := o.BatchSize * o.Window
		for len(ready) == 0 {
			for len(ahead) < size {
				more, err := src.Next(ctx)
				if errors.Is(err, io.EOF) && len(ahead) > 0 {
					break
				}
				if err != nil {
					return nil, err
				}
				ahead = append(ahead, more...)
			}
			n := min(size, len(ahead))
			ready = o.cut(slices.Clone(ahead[:n]), number)
			ahead = append(ahead[:0], ahead[n:]...)
			number++
		}
		batch := ready[0]
		ready = ready[1:]
		return batch, nil
	}
	return pipeline.New(next, src.Close)
}

// cut makes the batches of one window, in their order.
func (o Options) cut(window []Sequence, number int) [][]Sequence {
	// An incomplete batch goes last. While training it takes the last sequences
	// of the epoch's order, not the longest ones, which would always be late.
	rest := len(window) % o.BatchSize
	grouped := window
	if o.Shuffle {
		grouped = window[:len(window)-rest]
	}
	if o.Group {
		slices.SortStableFunc(grouped, func(a, b Sequence) int { return len(a.IDs) - len(b.IDs) })
	}
	full := (len(window) - rest) / o.BatchSize
	batches := make([][]Sequence, 0, full+1)
	for i := range full {
		batches = append(batches, window[i*o.BatchSize:(i+1)*o.BatchSize])
	}
	if o.Shuffle {
		random.New(o.Seed, random.Order, o.Epoch, uint64(number), 1).Shuffle(full, func(i, j int) {
			batches[i], batches[j] = batches[j], batches[i]
		})
	}
	if rest > 0 {
		batches = append(batches, window[len(window)-rest:])
	}
	return batches
}

// Pack lays the sequences out in one batch, with labels of the given kind: a
// class is sample.Ignore where it is missing; a value or a set of classes must
// be there. The batch has no cursor yet.
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
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Row = append(b.Row, s.Row)
		b.Copy = append(b.Copy, s.Copy)
		if err := appendLabel(&b.Labels, kind, len(b.Row)-1, s); err != nil {
			return nil, err
		}
	}
	if kind != sample.NoLabel {
		b.Labels.Shape = []int64{int64(n)}
	}
	if kind == sample.MultiLabel && n > 0 {
		b.Labels.Shape = []int64{int64(n), int64(len(b.Labels.Float) / n)}
	}
	if err := b.Check(); err != nil {
		return nil, fmt.Errorf("collate: %w", err)
	}
	return b, nil
}

// appendLabel adds the label of a sequence that has this many before it.
func appendLabel(to *sample.Labels, kind sample.LabelKind, before int, s Sequence) error {
	if s.Label.Kind != sample.NoLabel && s.Label.Kind != kind {
		return fmt.Errorf("collate: row %d has a label of kind %d in a batch of kind %d", s.Row, s.Label.Kind, kind)
	}
	switch {
	case kind == sample.NoLabel:
	case kind == sample.ClassLabel && s.Label.Kind == sample.NoLabel:
		to.Int = append(to.Int, sample.Ignore)
	case kind == sample.ClassLabel:
		to.Int = append(to.Int, s.Label.Int[0])
	case s.Label.Kind == sample.NoLabel:
		return fmt.Errorf("collate: row %d has no label; a regression or multi-label batch needs one for every row", s.Row)
	case kind == sample.ValueLabel:
		to.Float = append(to.Float, s.Label.Float[0])
	case kind == sample.MultiLabel:
		if classes := len(s.Label.Float); before > 0 && classes*before != len(to.Float) {
			return fmt.Errorf("collate: row %d has %d classes, those before it %d; all rows of a multi-label set have the same", s.Row, classes, len(to.Float)/before)
		}
		to.Float = append(to.Float, s.Label.Float...)
	default:
		return fmt.Errorf("collate: labels of kind %d cannot be packed yet; class, value and multi-label can", kind)
	}
	return nil
}
