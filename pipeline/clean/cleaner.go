package clean

import (
	"context"
	"fmt"
	"strings"
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
	scratch sync.Pool // of *edit.List
}

// step is a compiled Use.
type step struct {
	use   Use
	op    Op
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
	c.scratch.New = func() any { return new(edit.List) }
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
		s := &step{use: use, op: op}
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
	w := worker{c: c, list: c.scratch.Get().(*edit.List)}
	defer c.scratch.Put(w.list)
	ex := sample.Example{Text: text}
	for _, s := range c.steps {
		if s.op.Edit == nil {
			continue
		}
		var arena strings.Builder
		if _, err := w.edit(s, &ex, &arena, &tally{}); err != nil {
			return "", err
		}
	}
	return ex.Text, nil
}

// worker is the state of one pass over one batch. Steps run one after another
// over all rows, so that what a step writes lies in one piece of memory.
type worker struct {
	c       *Cleaner
	list    *edit.List
	rows    []sample.Example
	changed bool
	// keys are what the ordered steps know of the rows, step by step.
	keys [][]string
}

// work runs all steps over a batch.
func (c *Cleaner) work(ctx context.Context, in *record.Batch) (*judged, error) {
	if err := ctx.Err(); err != nil {
		in.Release()
		return nil, err
	}
	c.rows.Add(int64(in.Len()))
	w := worker{c: c, list: c.scratch.Get().(*edit.List), rows: in.Examples()}
	defer c.scratch.Put(w.list)
	defer in.Release()
	for _, s := range c.steps {
		if err := w.step(s); err != nil {
			return nil, err
		}
	}
	if !w.changed {
		in.Retain()
		return &judged{in, w.keys}, nil
	}
	out, err := rebuild(c.memory, in.Kind(), w.rows)
	if err != nil {
		return nil, err
	}
	return &judged{out, w.keys}, nil
}

// rebuild makes a batch of rows.
func rebuild(memory *record.Allocator, kind sample.LabelKind, rows []sample.Example) (*record.Batch, error) {
	b := record.NewBuilder(memory, kind)
	defer b.Release()
	for _, ex := range rows {
		if err := b.Append(ex); err != nil {
			return nil, fmt.Errorf("clean: %w", err)
		}
	}
	return b.Batch(), nil
}

// step runs one step over the rows.
func (w *worker) step(s *step) error {
	var t tally
	defer func() { s.count.add(t) }()
	switch {
	case s.op.Edit != nil:
		var arena strings.Builder
		for i := range w.rows {
			ex := &w.rows[i]
			before := *ex
			changed, err := w.edit(s, ex, &arena, &t)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			t.changed++
			w.changed = true
			w.sample(s, &before, ex)
		}
	case s.op.Keep != nil:
		w.keep(s, &t)
	default:
		w.keys = append(w.keys, s.op.Order.keys(w.rows))
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
		w.rows[n] = w.rows[i]
		for _, keys := range w.keys {
			keys[n] = keys[i]
		}
		n++
	}
	w.changed = w.changed || n < len(w.rows)
	w.rows = w.rows[:n]
}

// sample offers a changed row to the report.
func (w *worker) sample(s *step, before, after *sample.Example) {
	if !s.count.wants(after.Row) {
		return
	}
	if before.Text != after.Text {
		s.count.sample(after.Row, after.Copy, before.Text, after.Text)
	} else {
		s.count.sample(after.Row, after.Copy, before.Pair, after.Pair)
	}
}

// dropped offers a dropped row to the report.
func (s *step) dropped(ex *sample.Example) {
	if s.count.wants(ex.Row) {
		s.count.sample(ex.Row, ex.Copy, ex.Text, "")
	}
}

// edit runs a step over the texts of one row and reports whether it changed.
func (w *worker) edit(s *step, ex *sample.Example, arena *strings.Builder, t *tally) (bool, error) {
	list := s.op.Edit((*w.list)[:0], Input{Row: ex.Row, Copy: ex.Copy, Text: ex.Text})
	*w.list = list
	if err := w.apply(s, ex, list, arena, t); err != nil {
		return false, err
	}
	if !ex.HasPair {
		return len(list) > 0, nil
	}
	changed := len(list) > 0
	list = s.op.Edit(list[:0], Input{Row: ex.Row, Copy: ex.Copy, Pair: true, Text: ex.Pair})
	*w.list = list
	if len(list) == 0 {
		return changed, nil
	}
	if err := list.Check(len(ex.Pair)); err != nil {
		return false, s.fault(ex, err)
	}
	count(list, ex.Pair, t)
	if ex.Label.Kind == sample.SpanLabel {
		return true, list.ApplyPair(ex)
	}
	ex.Pair = splice(arena, ex.Pair, list)
	return true, nil
}

// apply edits the Text of a row.
func (w *worker) apply(s *step, ex *sample.Example, list edit.List, arena *strings.Builder, t *tally) error {
	if len(list) == 0 {
		return nil
	}
	if err := list.Check(len(ex.Text)); err != nil {
		return s.fault(ex, err)
	}
	count(list, ex.Text, t)
	if len(ex.Words) > 0 || ex.Label.Kind == sample.SpanLabel {
		return list.Apply(ex) // what points into the text follows
	}
	ex.Text = splice(arena, ex.Text, list)
	return nil
}

func (s *step) fault(ex *sample.Example, err error) error {
	return fmt.Errorf("clean: step %s, row %d: %w", s.use.Step, ex.Row, err)
}

// splice writes the edited text behind what the arena holds and returns it. The
// list must fit the text.
func splice(arena *strings.Builder, text string, list edit.List) string {
	from, at := arena.Len(), 0
	for i := range list {
		e := &list[i]
		arena.WriteString(text[at:e.Start])
		arena.WriteString(e.With)
		at = e.End
	}
	arena.WriteString(text[at:])
	return arena.String()[from:]
}

// count counts the characters of the edits.
func count(list edit.List, text string, t *tally) {
	for i := range list {
		e := &list[i]
		if e.End == e.Start+1 { // the most frequent kind
			t.removed++
		} else {
			t.removed += int64(utf8.RuneCountInString(text[e.Start:e.End]))
		}
		if len(e.With) > 0 {
			t.added += int64(utf8.RuneCountInString(e.With))
		}
	}
}
