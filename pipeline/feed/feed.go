// Package feed turns files into the batches that training and evaluation
// consume: source → record batches → texts at rest → epoch's order → tokenize →
// windows grouped by length → packed batches → prefetch.
//
// Nouns: a Feed is a data set that has been read and checked once, or a part of
// it; Epoch is one shuffled pass over it, Evaluate one in a fixed order; the
// Cursor of a batch is the position after it. Path: Open → Split or Limit →
// Epoch(sample.Cursor{Epoch: e}) → Next until io.EOF → Close.
//
// Law: the batches of an epoch are a function of files, seed, epoch and Config
// alone. The number of workers, the depth of prefetching, the memory budget and
// the cursor at which a pass begins change no byte. Every row comes once an
// epoch; with several ranks each batch goes to one of them.
//
// Errors are those of packages source and tokenize, with the row named, or wrap
// ErrConfig, ErrCursor or ErrSplit.
//
// Concurrency: a Feed may be shared and may have several passes open; a pass
// serves one goroutine.
package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// What can be wrong besides the data.
var (
	ErrConfig = errors.New("wrong configuration")
	ErrCursor = errors.New("cursor does not fit the data")
	ErrSplit  = errors.New("data cannot be split so")
)

// Config says how to make batches.
type Config struct {
	// Files are the data, Columns what to read of them.
	Files   []string
	Columns source.Columns
	// Kind is the kind of label to read; Names, the classes in order, when a
	// model or other data settles them; Optional, whether labels may be absent.
	Kind     sample.LabelKind
	Names    []string
	Optional bool

	// Tokenizer encodes the texts; the Feed does not close it.
	Tokenizer *tokenize.Tokenizer
	// MaxLength bounds a sequence. Units: tokens, special tokens included.
	MaxLength int

	// BatchSize is the number of sequences of a batch.
	BatchSize int
	// GroupByLength puts sequences of like length into a batch, within windows
	// of Window batches.
	GroupByLength bool
	Window        int
	// Shuffle orders every epoch anew, from Seed and the epoch's number.
	Shuffle bool
	Seed    uint64

	// Workers is the number of goroutines that tokenize; 0 stands for the number
	// of cores, at most 4. Prefetch is the number of finished batches that wait.
	Workers, Prefetch int
	// CacheBytes bounds the texts and token ids held in memory. Texts beyond it
	// lie in a temporary file; tokens beyond it are made anew every epoch.
	CacheBytes int64

	// Rank and World deal the batches of an epoch: this Feed gets those whose
	// number is Rank modulo World. World 0 stands for 1.
	Rank, World int

	// Rows, when set, changes or drops rows after they are read, on Workers
	// goroutines, in order: the place of cleaning. It owns its input.
	Rows func(context.Context, *record.Batch) (*record.Batch, error)
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator
}

// DefaultConfig returns the defaults for training: shuffled, grouped batches
// of 8, up to 128 tokens a sequence.
func DefaultConfig() Config {
	return Config{
		Kind: sample.ClassLabel, MaxLength: 128, BatchSize: 8, GroupByLength: true, Window: 64,
		Shuffle: true, Seed: 42, Prefetch: 4, CacheBytes: 256 << 20,
	}
}

// Validate returns all faults of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("feed: "+format+": %w", append(args, ErrConfig)...))
		}
	}
	check(c.Tokenizer != nil, "no tokenizer is given")
	check(c.BatchSize >= 1, "batch size is %d; at least 1 is needed", c.BatchSize)
	check(c.Window >= 1 || !c.GroupByLength, "window is %d batches; at least 1 is needed to group by length", c.Window)
	check(c.MaxLength >= 1, "maximum length is %d; at least 1 is needed", c.MaxLength)
	check(c.Workers >= 0, "workers is %d; it must not be negative", c.Workers)
	check(c.Prefetch >= 0, "prefetch is %d; it must not be negative", c.Prefetch)
	check(c.World >= 0 && c.Rank >= 0 && c.Rank < max(c.World, 1), "rank %d of %d; a rank lies in [0, world)", c.Rank, max(c.World, 1))
	return errors.Join(faults...)
}

// Feed is a data set, or a part of it, that gives batches.
type Feed struct {
	cfg   Config
	store *store
	// rows are the places in the store, in the order of the data.
	rows []uint32
}

// Open reads and checks all rows of the data.
func Open(ctx context.Context, cfg Config) (*Feed, error) {
	cfg.World = max(cfg.World, 1)
	if cfg.Workers == 0 {
		cfg.Workers = min(4, runtime.GOMAXPROCS(0))
	}
	cfg.Window = max(cfg.Window, 1)
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	set, err := source.Open(ctx, cfg.Files, source.Options{
		Columns: cfg.Columns, Kind: cfg.Kind, Names: cfg.Names, Optional: cfg.Optional, Memory: cfg.Memory,
	})
	if err != nil {
		return nil, err
	}
	cfg.Kind, cfg.Names = set.Kind(), set.Names()
	f := &Feed{cfg: cfg, store: newStore(cfg.Kind, cfg.CacheBytes)}
	if err := f.fill(ctx, set); err != nil {
		return nil, errors.Join(err, f.store.close())
	}
	return f, nil
}

// fill reads all rows into the store.
func (f *Feed) fill(ctx context.Context, set *source.Set) (err error) {
	rows := set.Rows()
	if f.cfg.Rows != nil {
		rows = pipeline.Map(rows, f.cfg.Workers, f.cfg.Rows)
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		err = f.store.add(batch.Examples())
		batch.Release()
		if err != nil {
			return err
		}
	}
	f.rows = make([]uint32, f.store.len())
	for i := range f.rows {
		f.rows[i] = uint32(i)
	}
	if len(f.rows) == 0 {
		return fmt.Errorf("feed: no row is left of the data: %w", source.ErrEmpty)
	}
	return f.store.seal()
}

// Close frees what Open holds: once for a Feed and all its parts, after their
// passes are closed.
func (f *Feed) Close() error { return f.store.close() }

// Kind returns the kind of label of the batches.
func (f *Feed) Kind() sample.LabelKind { return f.cfg.Kind }

// Names returns the classes in order.
func (f *Feed) Names() []string { return slices.Clone(f.cfg.Names) }

// Rows returns the number of rows, over all ranks.
func (f *Feed) Rows() int { return len(f.rows) }

// Len returns what one epoch brings to this rank.
func (f *Feed) Len() (examples, batches int) {
	batches = f.before(f.batches())
	return f.examples(batches), batches
}

// batches is the number of batches of an epoch, over all ranks.
func (f *Feed) batches() int {
	return (len(f.rows) + f.cfg.BatchSize - 1) / f.cfg.BatchSize
}

// before is how many of the first n batches of all ranks are of this one.
func (f *Feed) before(n int) int {
	return (n + f.cfg.World - 1 - f.cfg.Rank) / f.cfg.World
}

// examples is the number of examples in the first n batches of this rank. All
// batches but the last of all ranks are full.
func (f *Feed) examples(n int) int {
	total := n * f.cfg.BatchSize
	last := f.batches() - 1
	if n > 0 && (n-1)*f.cfg.World+f.cfg.Rank == last {
		total -= f.batches()*f.cfg.BatchSize - len(f.rows)
	}
	return total
}

// ClassCounts returns how many rows each class has; rows without a label are
// not counted.
func (f *Feed) ClassCounts() []int {
	counts := make([]int, len(f.cfg.Names))
	for _, place := range f.rows {
		if label := f.store.label(place); label.Kind == sample.ClassLabel {
			counts[label.Int[0]]++
		}
	}
	return counts
}

// Example returns the row with this id, as sample.Batch.Row names it.
func (f *Feed) Example(row uint64) (sample.Example, error) {
	at, ok := slices.BinarySearchFunc(f.rows, row, func(place uint32, row uint64) int {
		switch id := f.store.rows[place]; {
		case id < row:
			return -1
		case id > row:
			return 1
		}
		return 0
	})
	if !ok {
		return sample.Example{}, fmt.Errorf("feed: there is no row %d", row)
	}
	return f.store.example(f.rows[at])
}

// Limit returns the part with the first n rows; n <= 0 and more rows than there
// are keep all.
func (f *Feed) Limit(n int) *Feed {
	if n <= 0 || n > len(f.rows) {
		n = len(f.rows)
	}
	return &Feed{cfg: f.cfg, store: f.store, rows: f.rows[:n:n]}
}
