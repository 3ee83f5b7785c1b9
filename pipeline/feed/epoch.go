package feed

import (
	"context"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/collate"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// chunkRows is what one worker tokenizes at a time. Units: rows.
const chunkRows = 64

// maxEpoch bounds the epochs, so that rows of all epochs can be counted.
const maxEpoch = 1 << 20

// Epoch returns the batches of epoch from.Epoch that follow the cursor; the
// zero cursor of an epoch yields all of it. Nothing before the cursor's window
// is read or tokenized. A cursor at the end gives no batch.
func (f *Feed) Epoch(from sample.Cursor) (pipeline.Source[*sample.Batch], error) {
	if from.Epoch < 0 || from.Epoch > maxEpoch || from.Batch < 0 || from.Batch > f.before(f.batches()) || from.Examples != int64(f.examples(from.Batch)) {
		return nil, fmt.Errorf("feed: the cursor stands at batch %d after %d examples, but an epoch has %d batches of %d; resume with the data, batch size and world size of the run: %w",
			from.Batch, from.Examples, f.before(f.batches()), f.cfg.BatchSize, ErrCursor)
	}
	return f.pass(from, f.cfg.Shuffle, f.encoding(from.Epoch)), nil
}

// Evaluate returns the batches of all rows in an order that never changes.
// With GroupByLength the rows of a window go from short to long; sample.Batch.Row
// tells which they are.
func (f *Feed) Evaluate() pipeline.Source[*sample.Batch] {
	return f.pass(sample.Cursor{}, false, f.tokenize)
}

// encode makes sequences of a chunk of rows.
type encode = func(context.Context, window) ([]collate.Sequence, error)

// encoding is how the rows of an epoch become sequences.
func (f *Feed) encoding(epoch int) encode {
	if f.cfg.Augment == nil {
		return f.tokenize
	}
	return func(ctx context.Context, w window) ([]collate.Sequence, error) {
		e := f.cfg.encoder()
		out := make([]collate.Sequence, len(w.places))
		for i, place := range w.places {
			ex := w.shelf.example(place)
			ex.Tokens = nil // of the text before
			ex, err := f.cfg.Augment(ctx, uint32(epoch), ex)
			if err != nil {
				return nil, err
			}
			if out[i], err = e.sequence(ex); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

// pass builds the stages of one pass.
func (f *Feed) pass(from sample.Cursor, shuffle bool, tokenize encode) pipeline.Source[*sample.Batch] {
	number := from.Batch*f.cfg.World + f.cfg.Rank // of the first batch wanted, over all ranks
	group := number / f.cfg.Window
	row := group * f.cfg.Window * f.cfg.BatchSize
	l := newLayout(f.rows, f.lines(), f.window(), shuffle, f.cfg.Seed, from.Epoch)
	sequences := pipeline.Map(f.chunks(l, row), f.cfg.Workers, tokenize)
	batches := collate.Batches(sequences, collate.Options{
		BatchSize: f.cfg.BatchSize, Window: f.cfg.Window, Group: f.cfg.GroupByLength,
		Shuffle: shuffle, Seed: f.cfg.Seed, Epoch: uint32(from.Epoch), First: group,
	})
	return pipeline.Prefetch(f.deal(batches, group*f.cfg.Window, from), f.cfg.Prefetch)
}

// lines are the data sets as an epoch of these rows takes them.
func (f *Feed) lines() []line {
	d := f.data
	lines := make([]line, len(d.sets))
	rows := make([]int, len(d.sets))
	weights := make([]float64, len(d.sets))
	for i, set := range f.cfg.sets() {
		lines[i].number = i
		for p := d.firsts[i]; p < d.firsts[i+1]; p++ {
			if n := f.rows.rows(p); n > 0 {
				lines[i].parts = append(lines[i].parts, p)
				lines[i].rows += n
			}
		}
		if rows[i] = lines[i].rows; rows[i] > 0 {
			weights[i] = set.Weight
		}
	}
	for i, quota := range quotas(rows, weights) {
		lines[i].quota = quota
	}
	return slices.DeleteFunc(lines, func(l line) bool { return l.rows == 0 })
}

// What a shuffle window holds unless Config.ShuffleRows says otherwise: this
// many rows, or fewer so that texts of mean length make no more than this many
// bytes. Data alone decide, so that the order does not depend on the machine.
const (
	shuffleRows  = 1 << 17
	shuffleBytes = 64 << 20
)

// window is how many rows are shuffled together: whole groups.
func (f *Feed) window() int {
	n := f.cfg.ShuffleRows
	if n == 0 {
		mean := f.data.textBytes/int64(f.data.kept.len()) + 1
		n = int(min(shuffleRows, shuffleBytes/mean+1))
	}
	group := f.cfg.Window * f.cfg.BatchSize
	return (n + group - 1) / group * group
}

// chunks cuts the windows of an epoch, from a row on, into what one worker
// tokenizes at a time.
func (f *Feed) chunks(l *layout, row int) pipeline.Source[window] {
	windows := f.windows(l, row/l.window)
	skip := row % l.window
	var rest window
	next := func(ctx context.Context) (window, error) {
		for len(rest.places) == 0 {
			w, err := windows.Next(ctx)
			if err != nil {
				return window{}, err
			}
			rest = w
			rest.places = rest.places[min(skip, len(rest.places)):]
			skip = 0
		}
		n := min(chunkRows, len(rest.places))
		chunk := window{rest.shelf, rest.places[:n]}
		rest.places = rest.places[n:]
		return chunk, nil
	}
	return pipeline.New(next, windows.Close)
}

func (f *Feed) tokenize(ctx context.Context, w window) ([]collate.Sequence, error) {
	e := f.cfg.encoder()
	out := make([]collate.Sequence, len(w.places))
	for i, place := range w.places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if out[i], err = w.shelf.sequence(place, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deal packs those batches that are this rank's and lie behind the cursor, and
// gives each its own. number is that of the first batch of src, over all ranks.
func (f *Feed) deal(src pipeline.Source[[]collate.Sequence], number int, cursor sample.Cursor) pipeline.Source[*sample.Batch] {
	var pieces [][]collate.Sequence // of one batch
	rows := 0
	next := func(ctx context.Context) (*sample.Batch, error) {
		for len(pieces) == 0 {
			sequences, err := src.Next(ctx)
			if err != nil {
				return nil, err
			}
			if number == cursor.Batch*f.cfg.World+f.cfg.Rank {
				pieces, rows = collate.Cut(sequences, f.cfg.BatchSize, f.cfg.MaxTokens), len(sequences)
			}
			number++
		}
		batch, err := collate.Pack(f.cfg.Kind, pieces[0])
		if err != nil {
			return nil, err
		}
		pieces = pieces[1:]
		if batch.More = len(pieces) > 0; !batch.More {
			cursor.Batch++
			cursor.Examples += int64(rows)
		}
		batch.Cursor = cursor
		return batch, nil
	}
	return pipeline.New(next, src.Close)
}

// Largest returns a batch of made-up tokens, as many as the longest texts have:
// no batch of any epoch is larger, but for texts whose tokens are unusually
// short. It serves to reserve memory before the first step. For a part made by
// Limit its rows are read once.
func (f *Feed) Largest(ctx context.Context) (*sample.Batch, error) {
	from := &f.data.largest
	if f.longest != nil {
		from = f.longest
		if err := f.findLongest(ctx); err != nil {
			return nil, err
		}
	}
	tokens, err := from.of(f.cfg.encoder(), min(f.cfg.BatchSize, f.Rows()))
	if err != nil {
		return nil, err
	}
	sequences := make([]collate.Sequence, len(tokens))
	for i, n := range tokens {
		sequences[i] = collate.Sequence{IDs: make([]int32, n), TypeIDs: make([]uint8, n), Label: f.cfg.blank(n)}
	}
	return collate.Pack(f.cfg.Kind, collate.Cut(sequences, f.cfg.BatchSize, f.cfg.MaxTokens)[0])
}

// blank is a label for n tokens of a batch that teaches nothing.
func (c Config) blank(n int) sample.Label {
	l := sample.Label{Kind: c.Kind, Int: make([]int64, 1), Float: make([]float32, 1)}
	switch c.Kind {
	case sample.TagLabel:
		l.Int = make([]int64, n)
	case sample.SpanLabel:
		l.Int = make([]int64, 2)
	case sample.MultiLabel:
		l.Float = make([]float32, len(c.Names))
	}
	return l
}
