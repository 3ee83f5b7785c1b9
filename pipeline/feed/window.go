package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// window is rows in the order in which they come: places on a shelf.
type window struct {
	shelf  *shelf
	places []uint32
}

// windows yields the windows of an epoch from number first on.
func (f *Feed) windows(l *layout, first int) pipeline.Source[window] {
	number := first
	if f.data.shelf != nil {
		return pipeline.New(func(context.Context) (window, error) {
			if number >= l.windows() {
				return window{}, io.EOF
			}
			w := f.held(l, number)
			number++
			return w, nil
		}, nil)
	}
	r := &rereader{feed: f, layout: l, open: make([]*partReader, len(l.lines))}
	// While one window is used the next is read.
	return pipeline.Prefetch(pipeline.New(func(ctx context.Context) (window, error) {
		if number >= l.windows() {
			return window{}, io.EOF
		}
		w, err := r.read(ctx, number)
		number++
		return w, err
	}, r.close), 1)
}

// held takes a window from the shelf of all rows.
func (f *Feed) held(l *layout, number int) window {
	d := f.data
	w := window{shelf: d.shelf, places: make([]uint32, 0, l.window)}
	for _, s := range l.stretches(number) {
		at := 0
		for place := d.kept.before[s.part]; place < d.kept.before[s.part+1] && at < s.to; place++ {
			if !f.rows.bits.has(d.shelf.rows[place]) {
				continue
			}
			if at >= s.from {
				w.places = append(w.places, uint32(place))
			}
			at++
		}
	}
	w.arrange(l, number)
	return w
}

// arrange puts the places into the order of the epoch.
func (w window) arrange(l *layout, number int) {
	slices.SortFunc(w.places, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(w.shelf.rows[a], w.shelf.rows[b]), cmp.Compare(a, b))
	})
	l.permute(number, w.places)
}

// rereader reads windows from the data. A part that a window has begun is left
// open for the next one.
type rereader struct {
	feed   *Feed
	layout *layout
	open   []*partReader // by line
}

func (r *rereader) read(ctx context.Context, number int) (window, error) {
	w := window{shelf: &shelf{kind: r.feed.cfg.Kind}}
	for _, s := range r.layout.stretches(number) {
		if err := r.stretch(ctx, w.shelf, s); err != nil {
			return window{}, err
		}
	}
	w.places = make([]uint32, w.shelf.len())
	for i := range w.places {
		w.places[i] = uint32(i)
	}
	w.arrange(r.layout, number)
	return w, nil
}

func (r *rereader) stretch(ctx context.Context, to *shelf, s stretch) error {
	p := r.open[s.line]
	if p == nil || p.pass != s.pass || p.part != s.part || p.at != s.from {
		if err := r.shut(s.line); err != nil {
			return err
		}
		p = r.feed.readPart(ctx, s)
		r.open[s.line] = p
	}
	for p.at < s.to {
		ex, err := p.next(ctx)
		if err != nil {
			return err
		}
		to.add(ex)
	}
	if p.at == r.layout.rows.rows(s.part) {
		return r.shut(s.line)
	}
	return nil
}

func (r *rereader) shut(line int) error {
	p := r.open[line]
	r.open[line] = nil
	if p == nil {
		return nil
	}
	return p.close()
}

func (r *rereader) close() error {
	var first error
	for i := range r.open {
		if err := r.shut(i); first == nil {
			first = err
		}
	}
	return first
}

// partReader yields the rows of a subset that lie in one part.
type partReader struct {
	pass, part int
	at         int // rows of the subset before the next one
	rows       bitset
	from       uint64 // the first row wanted
	base       uint64
	src        pipeline.Source[*record.Batch]
	batch      *record.Batch
	examples   []sample.Example // of batch, not yet yielded
	room       []sample.Example // where they lie
}

// readPart opens a part at the first row of a stretch. Rows before it are
// decoded, but only those of the same record batch are cleaned.
func (f *Feed) readPart(ctx context.Context, s stretch) *partReader {
	d := f.data
	set, part := d.locate(s.part)
	p := &partReader{pass: s.pass, part: s.part, at: s.from, rows: f.rows.bits, base: d.starts[d.firsts[set]]}
	p.from, _ = p.rows.nth(s.from, d.starts[s.part], d.starts[s.part+1])
	raw := d.sets[set].read(ctx, part)
	before := p.from - d.starts[s.part] // rows of the part
	p.src = pipeline.New(func(ctx context.Context) (*record.Batch, error) {
		for {
			b, err := raw.Next(ctx)
			if err != nil || uint64(b.Len()) > before {
				before = 0
				return b, err
			}
			before -= uint64(b.Len())
			b.Release()
		}
	}, raw.Close)
	if edit := f.cfg.edit(); edit != nil {
		p.src = edit(p.src)
	}
	return p
}

// next returns the next row of the subset; it is valid until the next call.
func (p *partReader) next(ctx context.Context) (sample.Example, error) {
	for {
		for len(p.examples) > 0 {
			ex := p.examples[0]
			p.examples = p.examples[1:]
			ex.Row += p.base
			if ex.Row >= p.from && p.rows.has(ex.Row) {
				p.at++
				p.from = ex.Row + 1
				return ex, nil
			}
		}
		p.release()
		batch, err := p.src.Next(ctx)
		if errors.Is(err, io.EOF) {
			return sample.Example{}, fmt.Errorf("feed: the data changed while they were in use: a part that had a row after row %d ends before it: %w", p.from, ErrChanged)
		}
		if err != nil {
			return sample.Example{}, err
		}
		p.room = batch.Into(p.room)
		p.batch, p.examples = batch, p.room
	}
}

func (p *partReader) release() {
	if p.batch != nil {
		p.batch.Release()
		p.batch = nil
	}
}

func (p *partReader) close() error {
	p.release()
	p.examples = nil
	return p.src.Close()
}
