package augment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Filter judges finished copies, for what needs a model: whether a classifier
// still gives the label, or how near the meanings are.
type Filter interface {
	// Keep says for each row of copies whether it stays; row i of originals is what
	// row i of copies was made of. Both stay the caller's.
	Keep(ctx context.Context, originals, copies *record.Batch) ([]bool, error)
}

// Options are what a policy is made ready with.
type Options struct {
	// Table has the operators that the policy names.
	Table Table
	// Packs gives resource packs; nil if no operator needs one.
	Packs Packs
	// Words cuts texts of the policy's language by a dictionary; nil if there is
	// no such segmenter.
	Words Segmenter
	// Seed and Epoch key all draws.
	Seed  uint64
	Epoch uint32
	// Outside is the class of words that no tag names (O); words with it count as
	// not labelled. A negative number: none is known.
	Outside int64
	// Filters judge what the policy's own filters leave.
	Filters []Filter
	// Memory counts the Arrow memory of new batches; nil counts nowhere.
	Memory *record.Allocator
}

// Runner is a policy made ready.
type Runner struct {
	policy Policy
	opts   Options
	steps  []step
	before int     // the first steps, which every copy gets
	weight float64 // of the others
	text   Text    // what a worker's Text begins as
	idle   sync.Pool
}

// step is an operator made ready; one of its augmenters is set.
type step struct {
	Step
	row   Augmenter
	batch BatchAugmenter
}

// New makes a policy ready: it reads packs and makes operators, and returns all
// faults at once.
func New(p Policy, o Options) (*Runner, error) {
	if err := p.Validate(o.Table); err != nil {
		return nil, err
	}
	r := &Runner{policy: p, opts: o, before: len(p.Before)}
	if r.opts.Memory == nil {
		r.opts.Memory = new(record.Allocator)
	}
	seg, err := segmenter(p, o)
	var faults []error
	if err != nil {
		faults = append(faults, err)
	}
	if f := p.Filters; (f.KeepLabel || f.Cosine != 0) && len(o.Filters) == 0 {
		faults = append(faults, fmt.Errorf("augment: the filters keep_label and cosine need a model, and none is given: %w", ErrPolicy))
	}
	for i, s := range p.all() {
		made, err := makeStep(p, o, s)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.steps = append(r.steps, made)
		if i >= len(p.Before) {
			r.weight += s.Weight
		}
	}
	if p.Choose == "one" && r.weight <= 0 && len(faults) == 0 {
		faults = append(faults, fmt.Errorf("augment: all weights are 0; one operator at least needs a weight: %w", ErrPolicy))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	r.text = Text{seg: seg, spaced: !unspaced(p.Language), scale: 1}
	if len(p.Protect) > 0 {
		r.text.keep = make(map[string]bool)
		for _, w := range p.Protect {
			r.text.keep[strings.ToLower(w)] = true
		}
	}
	return r, nil
}

// makeStep makes one operator.
func makeStep(p Policy, o Options, s Step) (made step, err error) {
	spec, err := o.Table.Lookup(s.Name)
	if err != nil {
		return made, err
	}
	settings, err := NewSettings(spec, p.Language, s.Params, o.Packs)
	if err != nil {
		return made, err
	}
	made.Step = s
	if spec.New != nil {
		made.row, err = spec.New(settings)
	} else {
		made.batch, err = spec.NewBatch(settings)
	}
	if err != nil {
		err = fmt.Errorf("augment: operator %s: %w", s.Name, err)
	}
	return made, err
}

// unspaced reports whether a language is written without spaces between words.
func unspaced(language string) bool {
	switch language {
	case "zh", "ja", "th", "lo", "km", "my", "bo":
		return true
	}
	return false
}

// segmenter chooses how texts are cut.
func segmenter(p Policy, o Options) (Segmenter, error) {
	switch {
	case p.Segment == "character":
		return Characters(), nil
	case p.Segment == "unicode":
		return Unicode(), nil
	case o.Words != nil:
		return o.Words, nil
	case p.Segment == "word" || unspaced(p.Language) && p.Language != "zh":
		return nil, fmt.Errorf("augment: there is no dictionary that cuts %s into words; set segment: character: %w", p.Language, ErrPolicy)
	}
	return Unicode(), nil
}

// Policy returns what the Runner was made of.
func (r *Runner) Policy() Policy { return r.policy }

// worker is what one goroutine needs to make copies.
type worker struct {
	text    Text
	stream  random.Stream
	chosen  []int
	deal    []int
	audit   []string
	changes int
	words   int
	batch   []int // steps of the copy that wait for the whole batch
}

func (r *Runner) worker() *worker {
	if w, ok := r.idle.Get().(*worker); ok {
		return w
	}
	return &worker{text: r.text}
}

// Rows makes the copies of a batch's rows; each original, if the policy keeps
// it, stands before its copies. It owns b, and may run on several goroutines.
func (r *Runner) Rows(ctx context.Context, b *record.Batch) (*record.Batch, error) {
	defer b.Release()
	w := r.worker()
	defer r.idle.Put(w)
	var made []sample.Example
	var from []int
	waiting := make([][]int, len(r.steps)) // copies that wait for each batch operator
	originals := b.Examples()
	for i := range originals {
		ex := &originals[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.policy.Original {
			made, from = append(made, *ex), append(from, i)
		}
		first := len(made)
		for k := 1; k <= r.policy.Copies; k++ {
			var copied sample.Example
			ok, err := r.copy(w, ex, r.opts.Epoch, uint16(k), made[first:], &copied)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			for _, s := range w.batch {
				waiting[s] = append(waiting[s], len(made))
			}
			made, from = append(made, copied), append(from, i)
		}
	}
	return r.finish(ctx, originals, made, from, waiting)
}

// finish runs what works on whole batches: operators that need a model, and
// filters.
func (r *Runner) finish(ctx context.Context, originals, made []sample.Example, from []int, waiting [][]int) (*record.Batch, error) {
	for s, rows := range waiting {
		if err := r.batchStep(ctx, s, made, rows); err != nil {
			return nil, err
		}
	}
	made, from = dedupe(r.policy, originals, made, from)
	for _, f := range r.opts.Filters {
		var err error
		if made, from, err = r.filter(ctx, f, originals, made, from); err != nil {
			return nil, err
		}
	}
	return record.Of(r.opts.Memory, made)
}

// batchStep runs one batch operator over the copies that chose it.
func (r *Runner) batchStep(ctx context.Context, s int, made []sample.Example, rows []int) error {
	if len(rows) == 0 {
		return nil
	}
	some := make([]sample.Example, len(rows))
	for i, at := range rows {
		some[i] = made[at]
	}
	in, err := record.Of(r.opts.Memory, some)
	if err != nil {
		return err
	}
	defer in.Release()
	out, err := r.steps[s].batch.AugmentBatch(ctx, in, func(i int) *random.Stream {
		stream := random.New(r.opts.Seed, random.Augment, r.opts.Epoch, some[i].Row, some[i].Copy)
		stream.Reset(stream.Uint64(), random.Augment, uint32(s), some[i].Row, some[i].Copy) // apart from the row operators' draws
		return stream
	})
	if err != nil {
		return fmt.Errorf("augment: operator %s: %w", r.steps[s].Name, err)
	}
	defer out.Release()
	if out.Len() != len(rows) {
		return fmt.Errorf("augment: operator %s gave %d rows for %d", r.steps[s].Name, out.Len(), len(rows))
	}
	for i, ex := range out.Examples() {
		if r.policy.Audit && ex.Text != some[i].Text {
			ex.Audit = join(ex.Audit, r.steps[s].Name)
		}
		made[rows[i]] = detach(ex)
	}
	return nil
}

// detach copies what an example shares with a batch.
func detach(ex sample.Example) sample.Example {
	ex.Text, ex.Pair, ex.Audit = strings.Clone(ex.Text), strings.Clone(ex.Pair), strings.Clone(ex.Audit)
	ex.Label.Int = append([]int64(nil), ex.Label.Int...)
	ex.Label.Float = append([]float32(nil), ex.Label.Float...)
	return ex
}

// dedupe drops copies that batch operators have left equal to another.
func dedupe(p Policy, originals, made []sample.Example, from []int) ([]sample.Example, []int) {
	if !p.Filters.Duplicates {
		return made, from
	}
	out, origin := made[:0], from[:0]
	start := 0 // of the copies of one original in out
	for i := range made {
		ex := &made[i]
		if len(origin) > 0 && origin[len(origin)-1] != from[i] {
			start = len(out)
		}
		if ex.Copy > 0 && (same(ex, &originals[from[i]]) || among(ex, out[start:])) {
			continue
		}
		out, origin = append(out, *ex), append(origin, from[i])
	}
	return out, origin
}

func same(a, b *sample.Example) bool { return a.Text == b.Text && a.Pair == b.Pair }

func among(ex *sample.Example, others []sample.Example) bool {
	for i := range others {
		if same(ex, &others[i]) {
			return true
		}
	}
	return false
}

// filter asks one filter about all copies.
func (r *Runner) filter(ctx context.Context, f Filter, originals, made []sample.Example, from []int) ([]sample.Example, []int, error) {
	var before, after []sample.Example
	for i, ex := range made {
		if ex.Copy > 0 {
			before, after = append(before, originals[from[i]]), append(after, ex)
		}
	}
	if len(after) == 0 {
		return made, from, nil
	}
	b, err := record.Of(r.opts.Memory, before)
	if err != nil {
		return nil, nil, err
	}
	defer b.Release()
	a, err := record.Of(r.opts.Memory, after)
	if err != nil {
		return nil, nil, err
	}
	defer a.Release()
	keep, err := f.Keep(ctx, b, a)
	if err != nil {
		return nil, nil, err
	}
	if len(keep) != len(after) {
		return nil, nil, fmt.Errorf("augment: a filter judged %d of %d copies", len(keep), len(after))
	}
	out, origin, at := made[:0], from[:0], 0
	for i, ex := range made {
		if ex.Copy > 0 {
			at++
			if !keep[at-1] {
				continue
			}
		}
		out, origin = append(out, ex), append(origin, from[i])
	}
	return out, origin, nil
}
