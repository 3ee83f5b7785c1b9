package feed

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// chunkRows is what one worker tokenizes at a time. Units: rows.
const chunkRows = 64

// Epoch returns the batches of epoch from.Epoch that follow the cursor; the
// zero cursor of an epoch yields all of it. Nothing before the cursor's window
// is read or tokenized. A cursor at the end gives no batch.
func (f *Feed) Epoch(from sample.Cursor) (pipeline.Source[*sample.Batch], error) {
	if from.Epoch < 0 || from.Batch < 0 || from.Batch > f.before(f.batches()) || from.Examples != int64(f.examples(from.Batch)) {
		return nil, fmt.Errorf("feed: the cursor stands at batch %d after %d examples, but an epoch has %d batches of %d; resume with the data, batch size and world size of the run: %w",
			from.Batch, from.Examples, f.before(f.batches()), f.cfg.BatchSize, ErrCursor)
	}
	return f.pass(from, f.cfg.Shuffle), nil
}

// Evaluate returns the batches of all rows in an order that never changes.
// With GroupByLength the rows of a window go from short to long; sample.Batch.Row
// tells which they are.
func (f *Feed) Evaluate() pipeline.Source[*sample.Batch] {
	return f.pass(sample.Cursor{}, false)
}

// pass builds the stages of one pass.
func (f *Feed) pass(from sample.Cursor, shuffle bool) pipeline.Source[*sample.Batch] {
	number := from.Batch*f.cfg.World + f.cfg.Rank // of the first batch wanted, over all ranks
	window := number / f.cfg.Window
	order := f.order(from.Epoch, shuffle)
	order = order[min(len(order), window*f.cfg.Window*f.cfg.BatchSize):]
	chunks := pipeline.FromSlice(slices.Collect(slices.Chunk(order, chunkRows)))
	sequences := pipeline.Map(chunks, f.cfg.Workers, f.tokenize)
	batches := collate.Batches(sequences, collate.Options{
		BatchSize: f.cfg.BatchSize, Window: f.cfg.Window, Group: f.cfg.GroupByLength,
		Shuffle: shuffle, Seed: f.cfg.Seed, Epoch: uint32(from.Epoch), First: window,
	})
	return pipeline.Prefetch(f.deal(batches, window*f.cfg.Window, from), f.cfg.Prefetch)
}

// order is the epoch's permutation of the rows.
func (f *Feed) order(epoch int, shuffle bool) []uint32 {
	if !shuffle {
		return f.rows
	}
	order := slices.Clone(f.rows)
	random.New(f.cfg.Seed, random.Order, uint32(epoch), 0, 0).Shuffle(len(order), func(i, j int) {
		order[i], order[j] = order[j], order[i]
	})
	return order
}

func (f *Feed) tokenize(ctx context.Context, places []uint32) ([]collate.Sequence, error) {
	out := make([]collate.Sequence, len(places))
	for i, place := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if out[i], err = f.store.sequence(place, f.cfg.Tokenizer, f.cfg.MaxLength); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deal packs those batches that are this rank's and lie behind the cursor, and
// gives each its own. number is that of the first batch of src, over all ranks.
func (f *Feed) deal(src pipeline.Source[[]collate.Sequence], number int, cursor sample.Cursor) pipeline.Source[*sample.Batch] {
	next := func(ctx context.Context) (*sample.Batch, error) {
		for {
			sequences, err := src.Next(ctx)
			if err != nil {
				return nil, err
			}
			mine := number == cursor.Batch*f.cfg.World+f.cfg.Rank
			number++
			if !mine {
				continue
			}
			batch, err := collate.Pack(f.cfg.Kind, sequences)
			if err != nil {
				return nil, err
			}
			cursor.Batch++
			cursor.Examples += int64(len(sequences))
			batch.Cursor = cursor
			return batch, nil
		}
	}
	return pipeline.New(next, src.Close)
}

// largestOf is how many batches of the longest texts Largest tokenizes.
const largestOf = 8

// Largest returns one batch of the sequences with the most tokens among the
// longest texts: no batch of any epoch is larger, but for texts whose tokens
// are unusually short. It serves to reserve memory before the first step.
func (f *Feed) Largest(ctx context.Context) (*sample.Batch, error) {
	longest := slices.Clone(f.rows)
	slices.SortFunc(longest, func(a, b uint32) int {
		_, textA, pairA := f.store.span(a)
		_, textB, pairB := f.store.span(b)
		return cmp.Or(cmp.Compare(textB+max(pairB, 0), textA+max(pairA, 0)), cmp.Compare(a, b))
	})
	sequences, err := f.tokenize(ctx, longest[:min(len(longest), largestOf*f.cfg.BatchSize)])
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(sequences, func(a, b collate.Sequence) int { return len(b.IDs) - len(a.IDs) })
	return collate.Pack(f.cfg.Kind, sequences[:min(len(sequences), f.cfg.BatchSize)])
}
