package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// data is what a Feed and its subsets share: what the opening pass found.
type data struct {
	sets []parts
	// firsts[d] is the number of data set d's first part among all parts; the
	// last one is their number.
	firsts []int
	// starts[p] is the first row of part p; the last one ends the data.
	starts []uint64
	// kept are the rows that cleaning left, held those of them that are not to be
	// trained on, bare those without a label, where labels are read.
	kept       subset
	held, bare bitset
	// shelf has all kept rows; nil when they are more than the budget, and are
	// read again when they are needed.
	shelf *shelf
	// textBytes are those of all kept rows.
	textBytes int64
	// largest are the tokens of the longest rows.
	largest lengths
}

// locate returns the data set of a part and its number there.
func (d *data) locate(part int) (set, number int) {
	set = sort.SearchInts(d.firsts, part+1) - 1
	return set, part - d.firsts[set]
}

// opening is the state of the one pass over all rows that Open makes.
type opening struct {
	cfg     Config
	total   int // rows of all data sets
	data    *data
	kept    bitset
	held    bitset
	last    uint64 // row id after the last one seen
	classes []bool // that a row has; nil if nobody asks
	sides   sides
	// heldTexts are the hashes of labelled rows that are held out by them; nil if
	// nobody asks.
	heldTexts map[uint64]bool
	longest   longest
}

// openData reads all rows once.
func openData(ctx context.Context, cfg Config, sets []parts) (*data, error) {
	o := &opening{
		cfg: cfg, sides: newSides(cfg), longest: newLongest(cfg),
		data: &data{sets: sets, firsts: []int{0}, starts: []uint64{0}, shelf: &shelf{kind: cfg.Kind}},
	}
	if cfg.Taught && cfg.Kind == sample.ClassLabel {
		o.classes = make([]bool, len(cfg.Names))
	}
	if cfg.HeldOut > 0 && cfg.mayLackLabels() {
		o.heldTexts = map[uint64]bool{}
	}
	for _, set := range sets {
		for part := range set.len() {
			o.total += set.rows(part)
		}
	}
	for _, set := range sets {
		if err := o.read(ctx, set); err != nil {
			return nil, err
		}
	}
	d := o.data
	d.kept = newSubset(o.kept, d.starts)
	if d.kept.len() == 0 {
		return nil, fmt.Errorf("feed: no row is left of the data: %w", source.ErrEmpty)
	}
	if err := o.taught(); err != nil {
		return nil, err
	}
	if err := o.split(ctx); err != nil {
		return nil, err
	}
	if d.shelf != nil {
		d.shelf.seal(cfg.CacheBytes - d.shelf.bytes())
	}
	o.longest.trim()
	d.largest.rows, d.largest.carried = o.longest.rows, o.longest.tokens
	return d, nil
}

// read takes in one data set.
func (o *opening) read(ctx context.Context, set parts) (err error) {
	base := o.data.starts[len(o.data.starts)-1]
	rows := inOrder(set)
	if o.cfg.Clean != nil && !prepared(set) {
		rows = o.cfg.Clean(rows)
	}
	var room []sample.Example
	for err == nil {
		var batch *record.Batch
		if batch, err = rows.Next(ctx); err != nil {
			break
		}
		room = batch.Into(room)
		for _, ex := range room {
			if ex.Label.Kind == sample.NoLabel && o.cfg.numbers() {
				err = o.unlabelled(set, ex.Row)
				break
			}
			ex.Row += base
			if err = o.add(ex); err != nil {
				break
			}
		}
		batch.Release()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if closing := rows.Close(); err == nil {
		err = closing
	}
	for part := range set.len() {
		o.data.starts = append(o.data.starts, o.data.starts[len(o.data.starts)-1]+uint64(set.rows(part)))
	}
	o.data.firsts = append(o.data.firsts, len(o.data.starts)-1)
	return err
}

// unlabelled is the error about a row that cannot be let in without its label.
func (o *opening) unlabelled(set parts, row uint64) error {
	err := fmt.Errorf("no label; rows may be without one beside classes, tags and spans, not beside values or several classes: drop the row or label it: %w", source.ErrMissing)
	f, ok := set.(files)
	if !ok {
		return fmt.Errorf("feed: row %d: %w", row, err)
	}
	p := f.parts[sort.Search(len(f.parts), func(i int) bool { return f.parts[i].Row > row })-1]
	return &source.Error{Path: p.Path, Row: int64(p.First+row-p.Row) + 1, Column: o.cfg.Columns.Label, Err: err}
}

// add takes in one row.
func (o *opening) add(ex sample.Example) error {
	if ex.Copy != 0 || ex.Row < o.last {
		return outOfOrder(ex)
	}
	o.last = ex.Row + 1
	o.kept.set(ex.Row)
	hash, held := o.sides.see(ex)
	if held {
		o.held.set(ex.Row)
	}
	d := o.data
	if o.cfg.Kind != sample.NoLabel && ex.Label.Kind == sample.NoLabel {
		d.bare.set(ex.Row)
	} else {
		if o.classes != nil {
			o.classes[ex.Label.Int[0]] = true
		}
		if held && o.heldTexts != nil {
			o.heldTexts[hash] = true
		}
	}
	d.textBytes += textBytes(ex)
	o.longest.see(ex)
	if d.shelf != nil {
		d.shelf.add(ex)
		if o.tooMuch() {
			d.shelf = nil
		}
	}
	return nil
}

// taught reports classes that no row shows, among rows without labels: these
// would teach to tell apart what nothing says is different.
func (o *opening) taught() error {
	if o.data.bare == nil {
		return nil
	}
	var missing []string
	for class, there := range o.classes {
		if !there {
			missing = append(missing, strconv.Quote(o.cfg.Names[class]))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	const shown = 5
	more := ""
	if n := len(missing); n > shown {
		missing, more = missing[:shown], fmt.Sprintf(" and %d more", n-shown)
	}
	return fmt.Errorf("feed: %s: %d rows have no label, and of %d classes no row has the label %s%s; label one row of each class at least: %w",
		o.cfg.place(), o.data.bare.count(0, o.last), len(o.classes), strings.Join(missing, ", "), more, source.ErrFewClasses)
}

// Every so many rows the size of all data is guessed from that of those seen, so
// that large data do not fill the budget before they are given up.
const guessRows = 1 << 14

// tooMuch reports whether the rows are more than the budget holds, or clearly
// going to be.
func (o *opening) tooMuch() bool {
	n, bytes := o.data.shelf.len(), o.data.shelf.bytes()
	if bytes > o.cfg.CacheBytes || n > maxHeld {
		return true
	}
	return n%guessRows == 0 && float64(bytes)/float64(o.last)*float64(o.total) > 2*float64(o.cfg.CacheBytes)
}

// maxHeld bounds the rows of a shelf, whose places are 32 bits wide.
const maxHeld = 1 << 31

// split moves the rows for which not their hash alone decides, and keeps the
// result.
func (o *opening) split(ctx context.Context) error {
	d := o.data
	moved := o.sides.exceptions()
	if len(moved) > 0 {
		all := &Feed{cfg: o.cfg, data: d, rows: d.kept}
		err := all.each(ctx, func(ex sample.Example) {
			held, ok := moved[textHash(ex)]
			switch {
			case ok && held:
				o.held.set(ex.Row)
			case ok:
				o.held.clear(ex.Row)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := o.release(ctx, moved); err != nil {
		return err
	}
	d.held = o.held
	return nil
}

// release lets those rows without a label be trained on whose text no labelled
// row that is held out has: nothing else is amiss with their hash. These rows are
// looked at again since such a labelled row may come after them.
func (o *opening) release(ctx context.Context, moved map[uint64]bool) error {
	d := o.data
	rows := newSubset(d.bare.and(o.held), d.starts)
	if rows.len() == 0 {
		return nil
	}
	bare := &Feed{cfg: o.cfg, data: d, rows: rows}
	return bare.each(ctx, func(ex sample.Example) {
		if hash := textHash(ex); !o.heldTexts[hash] && !moved[hash] {
			o.held.clear(ex.Row)
		}
	})
}

// each calls fn with every row, in the order of the data.
func (f *Feed) each(ctx context.Context, fn func(sample.Example)) error {
	l := newLayout(f.rows, f.lines(), f.window(), false, 0, 0)
	all := f.windows(l, 0)
	for {
		w, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all.Close()
		}
		if err != nil {
			return errors.Join(err, all.Close())
		}
		for _, place := range w.places {
			fn(w.shelf.example(place))
		}
	}
}
