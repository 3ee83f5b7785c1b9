package clean

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Config says how to clean.
type Config struct {
	Recipe Recipe
	// Samples is the number of rows before and after that the report keeps of
	// every step.
	Samples int
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator
	// OnlyEdits leaves out the steps that drop rows: for data whose rows must all
	// be answered.
	OnlyEdits bool
}

// DefaultConfig returns the preset encoder with three samples a step.
func DefaultConfig() Config {
	recipe, _ := Preset("encoder") // a test walks the presets
	return Config{Recipe: recipe, Samples: 3}
}

// Cleaner is a compiled recipe.
type Cleaner struct {
	memory  *record.Allocator
	steps   []*step
	ordered []*step // those of steps with an Order
	rows    atomic.Int64
	kept    atomic.Int64
	scratch sync.Pool
}

// step is a compiled Use.
type step struct {
	use   Use
	op    Op
	needs uint64
	count counter
}

// New compiles a recipe; it reads the files that the recipe names.
func New(cfg Config) (*Cleaner, error) {
	if err := cfg.Recipe.Validate(); err != nil {
		return nil, err
	}
	c := &Cleaner{memory: cfg.Memory}
	if c.memory == nil {
		c.memory = new(record.Allocator)
	}
	c.scratch.New = func() any { return new(scratch) }
	for i, use := range cfg.Recipe.Steps {
		kind, args, err := use.resolve()
		if err != nil {
			return nil, err
		}
		op, err := kind.New(args)
		if err != nil {
			return nil, fmt.Errorf("clean: step %d, %s: %w", i+1, use.Step, err)
		}
		if cfg.OnlyEdits && op.Edit == nil {
			continue
		}
		if kind.Private {
			cfg.Samples = 0
		}
		s := &step{use: use, op: op, needs: math.MaxUint64}
		if op.Needs != "" {
			s.needs = kindsIn(op.Needs)
		}
		c.steps = append(c.steps, s)
		if op.Order != nil {
			c.ordered = append(c.ordered, s)
		}
	}
	for _, s := range c.steps {
		s.count.want = cfg.Samples
	}
	return c, nil
}

// Report returns what the Cleaner did up to now.
func (c *Cleaner) Report() Report {
	out := Report{Rows: c.rows.Load(), Kept: c.kept.Load(), Steps: make([]StepReport, len(c.steps))}
	for i, s := range c.steps {
		out.Steps[i] = s.count.report(s.use)
	}
	return out
}

// Rows edits the rows of a batch and drops those that do not stay for
// themselves; steps that judge rows by those before them need Stage. It owns
// its input, which it passes on when nothing changed.
func (c *Cleaner) Rows(ctx context.Context, in *record.Batch) (*record.Batch, error) {
	out, err := c.work(ctx, in)
	if err != nil {
		return nil, err
	}
	c.kept.Add(int64(out.Len()))
	return out.Batch, nil
}

// Text edits one text; it counts nothing and drops nothing.
func (c *Cleaner) Text(text string) (string, error) {
	w := worker{c: c, scratch: c.scratch.Get().(*scratch)}
	defer c.scratch.Put(w.scratch)
	w.begin([]sample.Example{{Text: text}})
	for _, s := range c.steps {
		if s.op.Edit == nil {
			continue
		}
		if err := w.edit(s, &tally{}, false); err != nil {
			return "", err
		}
	}
	return w.rows[0].Text, nil
}

// worker is the state of one pass over one batch. Steps run one after another
// over all rows, so that what a step writes becomes one string, of which the
// rows hold parts: a few allocations a batch, not one a row.
type worker struct {
	*scratch
	c       *Cleaner
	rows    []sample.Example
	changed bool
	// part are what the ordered steps that ran know of the rows; keys are those
	// of the rows before, step by step.
	part, keys [][]string
}

// partRows is how many rows go through all steps before the next ones: so few
// that they stay in a processor's nearest cache.
const partRows = 64

// begin starts with the next rows.
func (w *worker) begin(rows []sample.Example) {
	w.rows, w.kinds = rows, w.kinds[:0]
	for i := range rows {
		ex := &rows[i]
		kinds := kindsIn(ex.Text)
		if ex.HasPair {
			kinds |= kindsIn(ex.Pair)
		}
		w.kinds = append(w.kinds, kinds)
	}
}

// collect sets the keys of finished rows aside.
func (w *worker) collect() {
	for i, keys := range w.part {
		w.keys[i] = append(w.keys[i], keys...)
	}
	w.part = w.part[:0]
}

// scratch is memory that workers use again.
type scratch struct {
	kinds  []uint64 // of the bytes of each row, or more
	list   edit.List
	buf    []byte   // the texts that a step writes, one after another
	placed []placed // whose they are
	room   []sample.Example
}

// placed is a text in the buffer.
type placed struct {
	row      int
	pair     bool
	from, to int
}

// work runs all steps over a batch.
func (c *Cleaner) work(ctx context.Context, in *record.Batch) (*judged, error) {
	if err := ctx.Err(); err != nil {
		in.Release()
		return nil, err
	}
	c.rows.Add(int64(in.Len()))
	w := worker{c: c, scratch: c.scratch.Get().(*scratch), keys: make([][]string, len(c.ordered))}
	defer c.scratch.Put(w.scratch)
	defer in.Release()
	w.room = in.Into(w.room)
	rows := w.room
	kept := rows[:0]
	for part := range slices.Chunk(rows, partRows) {
		w.begin(part)
		for _, s := range c.steps {
			if err := w.step(s); err != nil {
				return nil, err
			}
		}
		kept = append(kept, w.rows...)
		w.collect()
	}
	if !w.changed {
		in.Retain()
		return &judged{in, w.keys}, nil
	}
	out, err := rebuild(c.memory, in.Kind(), kept)
	if err != nil {
		return nil, err
	}
	return &judged{out, w.keys}, nil
}

// rebuild makes a batch of rows.
func rebuild(memory *record.Allocator, kind sample.LabelKind, rows []sample.Example) (*record.Batch, error) {
	out, err := record.OfKind(memory, kind, rows)
	if err != nil {
		return nil, fmt.Errorf("clean: %w", err)
	}
	return out, nil
}

// step runs one step over the rows.
func (w *worker) step(s *step) error {
	var t tally
	defer func() { s.count.add(t) }()
	switch {
	case s.op.Edit != nil:
		err := w.edit(s, &t, true)
		w.changed = w.changed || t.changed > 0
		return err
	case s.op.Keep != nil:
		w.keep(s, &t)
	default:
		w.part = append(w.part, s.op.Order.keys(w.rows))
	}
	return nil
}

// keep drops rows, and what the ordered steps know of them.
func (w *worker) keep(s *step, t *tally) {
	n := 0
	for i := range w.rows {
		if !s.op.Keep(&w.rows[i]) {
			t.dropped++
			s.dropped(&w.rows[i])
			continue
		}
		if n < i {
			w.rows[n], w.kinds[n] = w.rows[i], w.kinds[i]
			for _, keys := range w.part {
				keys[n] = keys[i]
			}
		}
		n++
	}
	w.changed = w.changed || n < len(w.rows)
	w.rows = w.rows[:n]
	for i, keys := range w.part {
		w.part[i] = keys[:n]
	}
}

// dropped offers a dropped row to the report.
func (s *step) dropped(ex *sample.Example) {
	if s.count.wants(ex.Row) {
		s.count.sample(ex.Row, ex.Copy, ex.Text, "")
	}
}

// edit runs a step over the texts of all rows.
func (w *worker) edit(s *step, t *tally, samples bool) error {
	w.buf, w.placed = w.buf[:0], w.placed[:0]
	for i := range w.rows {
		// What an edit takes away stays among the kinds: that costs a look only.
		if w.kinds[i]&s.needs == 0 {
			continue
		}
		ex := &w.rows[i]
		edits := t.edits
		if err := w.editOne(s, i, false, t, samples); err != nil {
			return err
		}
		if ex.HasPair {
			if err := w.editOne(s, i, true, t, samples); err != nil {
				return err
			}
		}
		if t.edits > edits {
			t.changed++
		}
	}
	written := string(w.buf)
	for _, p := range w.placed {
		ex, text := &w.rows[p.row], written[p.from:p.to]
		if samples && s.count.wants(ex.Row) {
			s.count.sample(ex.Row, ex.Copy, textOf(ex, p.pair), text)
		}
		if p.pair {
			ex.Pair = text
		} else {
			ex.Text = text
		}
	}
	return nil
}

func textOf(ex *sample.Example, pair bool) string {
	if pair {
		return ex.Pair
	}
	return ex.Text
}

// editOne runs a step over one text: what points into it follows at once, else
// the new text waits in the buffer.
func (w *worker) editOne(s *step, row int, pair bool, t *tally, samples bool) error {
	ex := &w.rows[row]
	text := textOf(ex, pair)
	w.list = s.op.Edit(w.list[:0], Input{Row: ex.Row, Copy: ex.Copy, Pair: pair, Text: text})
	if len(w.list) == 0 {
		return nil
	}
	from := len(w.buf)
	if !w.splice(row, text, t) {
		return s.fault(ex, w.list.Check(len(text)))
	}
	switch pointed := ex.Label.Kind == sample.SpanLabel; {
	case pair && pointed:
		w.buf = w.buf[:from]
		return s.follow(ex, w.list.ApplyPair, pair, samples)
	case !pair && (len(ex.Words) > 0 || pointed && !ex.HasPair):
		w.buf = w.buf[:from]
		return s.follow(ex, w.list.Apply, pair, samples)
	}
	w.placed = append(w.placed, placed{row, pair, from, len(w.buf)})
	return nil
}

// follow edits a text and what points into it.
func (s *step) follow(ex *sample.Example, apply func(*sample.Example) error, pair, samples bool) error {
	before := textOf(ex, pair)
	if err := apply(ex); err != nil {
		return s.fault(ex, err)
	}
	if samples && s.count.wants(ex.Row) {
		s.count.sample(ex.Row, ex.Copy, before, textOf(ex, pair))
	}
	return nil
}

func (s *step) fault(ex *sample.Example, err error) error {
	return fmt.Errorf("clean: step %s, row %d: %w", s.use.Step, ex.Row, err)
}

// splice writes the edited text of a row, counts, and notes the kinds of bytes
// that came in. It reports whether the edits fit the text; it is edit.List's Check
// and Text in one pass, over memory of one's own.
func (w *worker) splice(row int, text string, t *tally) bool {
	at, buf, kinds := 0, w.buf, w.kinds[row]
	ascii := kinds&beyondASCII == 0
	for i := range w.list {
		e := &w.list[i]
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return false
		}
		buf = append(buf, text[at:e.Start]...)
		switch at = e.End; len(e.With) {
		case 0:
		case 1: // worth a branch: it is what lower case and spaces are made of
			buf = append(buf, e.With[0])
			kinds |= kindOf[e.With[0]]
			t.added++
		default:
			buf = append(buf, e.With...)
			kinds |= kindsIn(e.With)
			t.added += characters(e.With)
		}
		if ascii {
			t.removed += int64(e.End - e.Start)
		} else {
			t.removed += characters(text[e.Start:e.End])
		}
	}
	t.edits += int64(len(w.list))
	w.buf, w.kinds[row] = append(buf, text[at:]...), kinds
	return true
}

// tally is what one worker counts of one batch.
type tally struct{ changed, dropped, removed, added, edits int64 }

// characters is utf8.RuneCountInString for valid and very short texts.
func characters(text string) int64 {
	n := int64(0)
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return n
}
