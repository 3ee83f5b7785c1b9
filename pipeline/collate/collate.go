// Package collate forms packed batches of tokenized examples.
//
// Nouns: a Sequence is one tokenized example; a window is a stretch of
// sequences within which they may change places; a packed batch
// (sample.Batch) holds its sequences one after another without padding. Path:
// slices of sequences in the order of the epoch → Batches, which groups them by
// length within windows → Cut, where a batch has more tokens or sequences than
// one run of the graph may have → Pack.
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
	// Label is what the tokens teach: a TagLabel has one tag for each token, a
	// SpanLabel the first and last token of the answer, both 0 without one.
	Label sample.Label
	// Rest are further windows over the same example, in order; their Rest is
	// empty.
	Rest []Sequence
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

// Cut parts the sequences of one batch into the fewest stretches such that none
// has more than batchSize sequences (windows count) or, if maxTokens is
// positive, more than maxTokens tokens when padded to its longest: what one run
// of the graph computes. A sequence that is longer itself stands alone. Windows
// over one example stay in order.
func Cut(batch []Sequence, batchSize, maxTokens int) [][]Sequence {
	var out [][]Sequence
	var piece []Sequence
	longest := 0
	add := func(s Sequence) {
		longest = max(longest, len(s.IDs))
		if n := len(piece); n > 0 && (n >= batchSize || maxTokens > 0 && (n+1)*longest > maxTokens) {
			out = append(out, piece)
			piece, longest = nil, len(s.IDs)
		}
		s.Rest = nil
		piece = append(piece, s)
	}
	for _, s := range batch {
		add(s)
		for _, w := range s.Rest {
			add(w)
		}
	}
	return append(out, piece)
}
