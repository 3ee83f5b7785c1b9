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
	"math"
	"runtime"
	"slices"
	"sort"
	"strings"

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
	// ErrChanged: files are not what they were when they were opened.
	ErrChanged = errors.New("data changed")
)

// Config says how to make batches.
type Config struct {
	// Files are the data, Columns what to read of them. Mix stands in the place
	// of Files when several data sets are mixed.
	Files   []string
	Mix     []Dataset
	Columns source.Columns
	// Kind is the kind of label to read; Names, the classes in order, when a
	// model or other data settles them; Optional, whether labels may be absent.
	Kind     sample.LabelKind
	Names    []string
	Optional bool
	// HeldOut is the share of the rows that Split holds out; 0 holds none out.
	HeldOut float64

	// Tokenizer encodes the texts; the Feed does not close it.
	Tokenizer *tokenize.Tokenizer
	// MaxLength bounds a sequence. Units: tokens, special tokens included.
	MaxLength int
	// Truncation says which text of a pair is cut; with span labels, which text
	// the windows slide over. Stride is how many tokens two windows share.
	Truncation tokenize.Truncation
	Stride     int

	// BatchSize is the number of rows of a batch. MaxTokens, if positive, bounds
	// the tokens of one run of the graph, padded to its longest sequence: a batch
	// that has more comes in several pieces (sample.Batch.More), so the number of
	// batches and of optimizer steps does not depend on it.
	BatchSize, MaxTokens int
	// GroupByLength puts sequences of like length into a batch, within windows
	// of Window batches.
	GroupByLength bool
	Window        int
	// Shuffle orders every epoch anew, from Seed and the epoch's number, within
	// stretches of ShuffleRows rows (rounded up to whole windows) of the permuted
	// parts of the data; 0 stands for 131,072, or as many as have 64 MiB of text.
	Shuffle     bool
	Seed        uint64
	ShuffleRows int

	// Workers is the number of goroutines that tokenize; 0 stands for the number
	// of cores, at most 4. Prefetch is the number of finished batches that wait.
	Workers, Prefetch int
	// CacheBytes bounds the texts and token ids held in memory. Texts beyond it
	// are read from their files again, a shuffle window at a time; tokens beyond
	// it are made anew every epoch.
	CacheBytes int64

	// Rank and World deal the batches of an epoch: this Feed gets those whose
	// number is Rank modulo World. World 0 stands for 1.
	Rank, World int

	// Clean, when set, changes or drops rows after they are read, in order: the
	// place of cleaning. It may judge a row by those before it. Edit changes
	// single rows as Clean does when they are read again, and may drop what Clean
	// drops; nil stands for Clean, which then judges every row by itself.
	Clean, Edit func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch]
	// CleanID says in words what Clean does, for IndexDir.
	CleanID string
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator

	// IndexDir, when set, is a folder for what Open found in data beyond the
	// memory budget, so that it does not read the same data again.
	IndexDir string
}

// Dataset is one of several data sets that are mixed. An epoch has as many rows
// as all together; each set gives a share in proportion to its weight, beginning
// anew when it is used up and going on in the next epoch when it is not. If no
// set has a weight, every row comes once.
type Dataset struct {
	Files  []string
	Weight float64
}

// sets are the data sets, one or several.
func (c Config) sets() []Dataset {
	if c.Mix != nil {
		return c.Mix
	}
	return []Dataset{{Files: c.Files}}
}

// edit is the stage for rows that are read again.
func (c Config) edit() func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	if c.Edit != nil {
		return c.Edit
	}
	return c.Clean
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
	check(c.MaxTokens <= 0 || c.MaxTokens >= c.MaxLength, "at most %d tokens in one run, but one sequence may have %d; allow as many", c.MaxTokens, c.MaxLength)
	check(c.Truncation.Check() == nil, "truncation is %q; longest_first, only_first or only_second is expected", string(c.Truncation))
	check(c.Stride >= 0, "stride is %d; it must not be negative", c.Stride)
	check(c.ShuffleRows >= 0, "shuffle window is %d rows; it must not be negative", c.ShuffleRows)
	check(c.CacheBytes >= 0, "memory budget is %d bytes; it must not be negative", c.CacheBytes)
	check(c.Workers >= 0, "workers is %d; it must not be negative", c.Workers)
	check(c.Prefetch >= 0, "prefetch is %d; it must not be negative", c.Prefetch)
	if !(c.HeldOut >= 0 && c.HeldOut < 1) {
		faults = append(faults, fmt.Errorf("feed: a validation split of %g; more than 0 and less than 1 is expected: %w", c.HeldOut, ErrSplit))
	}
	weights := 0
	for _, d := range c.Mix {
		if d.Weight > 0 {
			weights++
		}
		check(d.Weight >= 0 && !math.IsInf(d.Weight, 1), "a data set has the weight %g; a positive number is expected", d.Weight)
	}
	check(weights == 0 || weights == len(c.Mix), "%d of %d data sets have a weight; all or none must", weights, len(c.Mix))
	check(c.World >= 0 && c.Rank >= 0 && c.Rank < max(c.World, 1), "rank %d of %d; a rank lies in [0, world)", c.Rank, max(c.World, 1))
	return errors.Join(faults...)
}

// Feed is a data set, or a part of it, that gives batches.
type Feed struct {
	cfg  Config
	data *data
	rows subset
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
	x, err := findIndex(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if h, kept, held, ok := x.load(); ok && h.TextBytes > cfg.CacheBytes {
		return reopen(ctx, cfg, h, kept, held)
	}
	sets, err := openSets(ctx, &cfg, nil)
	if err != nil {
		return nil, err
	}
	f, err := open(ctx, cfg, sets)
	if err != nil || x == nil || f.data.shelf != nil {
		return f, err
	}
	return f, f.index(x)
}

// open reads data sets whose classes are settled.
func open(ctx context.Context, cfg Config, sets []parts) (*Feed, error) {
	d, err := openData(ctx, cfg, sets)
	if err != nil {
		return nil, err
	}
	return &Feed{cfg: cfg, data: d, rows: d.kept}, nil
}

// index writes down what the opening pass found.
func (f *Feed) index(x *index) error {
	d := f.data
	longest, err := d.largest.of(f.cfg.encoder(), f.cfg.BatchSize)
	if err != nil {
		return err
	}
	h := indexHeader{Kind: f.cfg.Kind, Names: f.cfg.Names, TextBytes: d.textBytes, Longest: longest}
	for _, set := range d.sets {
		h.Parts = append(h.Parts, set.(files).parts)
	}
	held := d.held
	if f.cfg.HeldOut == 0 {
		held = nil
	}
	return x.save(h, d.kept.bits, held)
}

// reopen makes a Feed of what an earlier opening pass found.
func reopen(ctx context.Context, cfg Config, h indexHeader, kept, held bitset) (*Feed, error) {
	if cfg.Names == nil {
		cfg.Names = h.Names
	}
	sets, err := openSets(ctx, &cfg, h.Parts)
	if err != nil {
		return nil, err
	}
	d := &data{sets: sets, firsts: []int{0}, starts: []uint64{0}, held: held, textBytes: h.TextBytes}
	for _, set := range h.Parts {
		for _, p := range set {
			d.starts = append(d.starts, d.starts[len(d.starts)-1]+uint64(p.Rows))
		}
		d.firsts = append(d.firsts, len(d.starts)-1)
	}
	d.kept = newSubset(kept, d.starts)
	d.largest.tokens = h.Longest
	return &Feed{cfg: cfg, data: d, rows: d.kept}, nil
}

// only returns a Feed over some of the rows.
func (f *Feed) only(rows subset) *Feed { return &Feed{cfg: f.cfg, data: f.data, rows: rows} }

// Close frees what Open holds: once for a Feed and all its parts, after their
// passes are closed.
func (f *Feed) Close() error {
	f.data.shelf = nil
	return nil
}

// Kind returns the kind of label of the batches.
func (f *Feed) Kind() sample.LabelKind { return f.cfg.Kind }

// Names returns the classes in order.
func (f *Feed) Names() []string { return slices.Clone(f.cfg.Names) }

// Rows returns the number of rows, over all ranks.
func (f *Feed) Rows() int { return f.rows.len() }

// Len returns what one epoch brings to this rank. A batch that is cut up, since
// one run of the graph may not have so many tokens, counts once.
func (f *Feed) Len() (examples, batches int) {
	batches = f.before(f.batches())
	return f.examples(batches), batches
}

// batches is the number of batches of an epoch, over all ranks.
func (f *Feed) batches() int {
	return (f.Rows() + f.cfg.BatchSize - 1) / f.cfg.BatchSize
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
		total -= f.batches()*f.cfg.BatchSize - f.Rows()
	}
	return total
}

// Example returns the row with this id, as sample.Batch.Row names it. Where the
// data are more than the memory budget it reads a part of them.
func (f *Feed) Example(ctx context.Context, row uint64) (sample.Example, error) {
	d := f.data
	if !f.rows.bits.has(row) {
		return sample.Example{}, fmt.Errorf("feed: there is no row %d", row)
	}
	if d.shelf != nil {
		place, _ := slices.BinarySearch(d.shelf.rows, row)
		return d.shelf.example(uint32(place)), nil
	}
	part := sort.Search(len(d.starts), func(p int) bool { return d.starts[p] > row }) - 1
	p := f.readPart(ctx, stretch{part: part, from: f.rows.bits.count(d.starts[part], row)})
	ex, err := p.next(ctx)
	ex = clone(ex)
	if closing := p.close(); err == nil {
		err = closing
	}
	return ex, err
}

// clone copies what a view shares with its record batch.
func clone(ex sample.Example) sample.Example {
	ex.Text, ex.Pair, ex.Audit = strings.Clone(ex.Text), strings.Clone(ex.Pair), strings.Clone(ex.Audit)
	ex.Label.Int, ex.Label.Float = slices.Clone(ex.Label.Int), slices.Clone(ex.Label.Float)
	return ex
}

// Limit returns the part with the first n rows; n <= 0 and more rows than there
// are keep all.
func (f *Feed) Limit(n int) *Feed {
	if n <= 0 {
		return f.only(f.rows)
	}
	return f.only(f.rows.first(n, f.data.starts))
}
