// Package feed turns files into the batches that training and evaluation
// consume: source → record batches → cleaning → texts at rest → epoch's order →
// tokenize → windows grouped by length → packed batches → prefetch.
//
// Nouns: a Feed is a data set that has been read and checked once, or a part of
// it; Epoch is one shuffled pass over it, Evaluate one in a fixed order; the
// Cursor of a batch is the position after it. A part of the data is what can be
// read without the rest: a row group, a record batch, some lines. A shuffle
// window is rows that are permuted together. Path: Open → Split or Limit →
// Epoch(sample.Cursor{Epoch: e}) → Next until io.EOF → Close.
//
// Prepare cleans and tokenizes data once, for a file that Open recognises by what
// it says of itself and reads as it is. Such a file gives the batches that the data
// it was made of would give.
//
// Law: the batches of an epoch are a function of files, seed, epoch and Config
// alone. The number of workers, the depth of prefetching, the memory budget and
// the cursor at which a pass begins change no byte. Every row comes once an
// epoch (as often as its weight says where data sets are mixed); with several
// ranks each batch goes to one of them. The number of batches of an epoch is
// that of its rows divided by the batch size, whatever their lengths.
//
// Memory: texts and tokens within Config.CacheBytes. Beyond it three bits a row
// and two shuffle windows of texts; each part is read once an epoch, and a cursor
// leads to its window without reading those before it. While Open splits data of
// which some rows lack a label, it keeps a number for each labelled text that is
// held out.
//
// Errors are those of packages source and tokenize, with the row named, or wrap
// ErrConfig, ErrCursor, ErrSplit, ErrChanged or ErrPrepared.
//
// Concurrency: a Feed may be shared and may have several passes open; a pass
// serves one goroutine.
//
// The package does not look into texts: cleaning is given to it, and one row
// stays one row.
package feed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// What can be wrong besides the data.
var (
	ErrConfig = errors.New("wrong configuration")
	ErrCursor = errors.New("cursor does not fit the data")
	ErrSplit  = errors.New("data cannot be split so")
	// ErrChanged: files are not what they were when they were opened.
	ErrChanged = errors.New("data changed")
	// ErrPrepared: a file was prepared for something else.
	ErrPrepared = errors.New("data were prepared otherwise")
)

// Feed is a data set, or a part of it, that gives batches.
type Feed struct {
	cfg  Config
	data *data
	rows subset
	// longest are the lengths of the longest of these rows, where they may be much
	// shorter than those of all data; else nil.
	longest *lengths
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
	ready, err := findPrepared(ctx, cfg)
	if err != nil {
		return nil, err
	}
	x, err := findIndex(ctx, cfg, ready)
	if err != nil {
		return nil, err
	}
	if h, m, ok := x.load(); ok && h.TextBytes > cfg.CacheBytes {
		return reopen(ctx, cfg, ready, h, m)
	}
	sets, err := openSets(ctx, &cfg, ready, nil)
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
	m := marks{d.kept.bits, d.held, d.bare}
	if f.cfg.HeldOut == 0 {
		m.held = nil
	}
	return x.save(h, m)
}

// reopen makes a Feed of what an earlier opening pass found.
func reopen(ctx context.Context, cfg Config, ready []*source.Prepared, h indexHeader, m marks) (*Feed, error) {
	if cfg.Names == nil {
		cfg.Names = h.Names
	}
	sets, err := openSets(ctx, &cfg, ready, h.Parts)
	if err != nil {
		return nil, err
	}
	d := &data{sets: sets, firsts: []int{0}, starts: []uint64{0}, held: m.held, bare: m.bare, textBytes: h.TextBytes}
	for _, set := range h.Parts {
		for _, p := range set {
			d.starts = append(d.starts, d.starts[len(d.starts)-1]+uint64(p.Rows))
		}
		d.firsts = append(d.firsts, len(d.starts)-1)
	}
	d.kept = newSubset(m.kept, d.starts)
	d.largest.tokens = h.Longest
	return &Feed{cfg: cfg, data: d, rows: d.kept}, nil
}

// only returns a Feed over some of the rows.
func (f *Feed) only(rows subset) *Feed {
	return &Feed{cfg: f.cfg, data: f.data, rows: rows, longest: f.longest}
}

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
		return clone(d.shelf.example(uint32(place))), nil
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

// clone copies what a view shares with its record batch, tokens aside, which are
// nothing for people.
func clone(ex sample.Example) sample.Example {
	ex.Tokens = nil
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
	first := f.only(f.rows.first(n, f.data.starts))
	if n < f.Rows() {
		first.longest = new(lengths)
	}
	return first
}

// Labelled returns the part whose rows have a label, or all if no labels are
// read.
func (f *Feed) Labelled() *Feed {
	return f.only(newSubset(f.rows.bits.minus(f.data.bare), f.data.starts))
}

// Without returns the part without the rows of another Feed over the same data.
func (f *Feed) Without(other *Feed) *Feed {
	return f.only(newSubset(f.rows.bits.minus(other.rows.bits), f.data.starts))
}
