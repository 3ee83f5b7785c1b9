package ablate

import (
	"context"
	"fmt"
	"slices"
)

// Options are what Run works with.
type Options struct {
	// Store keeps finished runs; nil keeps none.
	Store Store
	// Done hears of every finished run; nil is told nothing. It must not block.
	Done func(Progress)
}

// Progress is one finished run.
type Progress struct {
	Setting Setting
	// Judged says that this was about the labels of copies, not a training run.
	Judged bool
	// Accuracy of the run, or the share of labels kept.
	Accuracy float64
	Seconds  float64
	// Number of Total runs, counted from 1. Without a recipe worth keeping there
	// are fewer in the end.
	Number, Total int
	// Stored says that the run was done before.
	Stored bool
}

// runner is a Run under way.
type runner struct {
	plan   Plan
	trials Trials
	opts   Options
	done   int
}

// stored is what is kept of a setting.
type stored[T any] struct {
	Setting Setting `json:"setting"`
	Value   T       `json:"value"`
}

// Run makes all trials of a plan that are not in the store, chooses, and tests.
func Run(ctx context.Context, p Plan, t Trials, o Options) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if o.Store == nil {
		o.Store = nowhere{}
	}
	r := &runner{plan: p, trials: t, opts: o}
	result := &Result{Alpha: p.Alpha, Confidence: p.Resampling.Confidence, Seeds: p.Seeds, Fresh: p.Fresh}
	for _, size := range p.Sizes {
		if err := r.size(ctx, size, result); err != nil {
			return nil, err
		}
	}
	result.correct()
	if err := r.preserve(ctx, result); err != nil {
		return nil, err
	}
	for _, size := range p.Sizes {
		final, err := r.final(ctx, size, result.chosen(size))
		if err != nil {
			return nil, err
		}
		result.Final = append(result.Final, final)
	}
	return result, nil
}

// total is how many runs the plan has at the most.
func (p Plan) total() int {
	return len(p.Sizes)*(len(p.Recipes)+1)*len(p.Seeds) + len(p.Recipes) + 2*len(p.Sizes)*len(p.Fresh)
}

// size makes the trials that choose at one size. Each seed goes through all
// recipes, so that an ablation that is cut short has whole comparisons.
func (r *runner) size(ctx context.Context, size int, result *Result) error {
	names := []string{Plain}
	for _, recipe := range r.plan.Recipes {
		names = append(names, recipe.Name)
	}
	outcomes := make([][]Outcome, len(names))
	for _, seed := range r.plan.Seeds {
		for i, name := range names {
			o, err := r.trial(ctx, Setting{name, size, seed, Validation})
			if err != nil {
				return err
			}
			outcomes[i] = append(outcomes[i], o)
		}
	}
	for i, name := range names {
		c, err := newCell(name, size, outcomes[i])
		if err != nil {
			return err
		}
		result.Rows = len(outcomes[i][0].Right)
		if name != Plain {
			if c.Comparison, err = r.plan.compare(outcomes[i], outcomes[0]); err != nil {
				return fmt.Errorf("%s, %d rows: %w", name, size, err)
			}
		}
		result.Cells = append(result.Cells, c)
	}
	return nil
}

// final makes the trials that are reported at one size.
func (r *runner) final(ctx context.Context, size int, recipe string) (Final, error) {
	run := func(name string) (out []Outcome, err error) {
		for _, seed := range r.plan.Fresh {
			o, err := r.trial(ctx, Setting{name, size, seed, Test})
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
		return out, nil
	}
	f := Final{}
	plain, err := run(Plain)
	if err != nil {
		return f, err
	}
	if f.Plain, err = newCell(Plain, size, plain); err != nil {
		return f, err
	}
	f.Rows, f.Reported = len(plain[0].Right), f.Plain
	if recipe == Plain {
		return f, nil
	}
	with, err := run(recipe)
	if err != nil {
		return f, err
	}
	if f.Reported, err = newCell(recipe, size, with); err != nil {
		return f, err
	}
	f.Reported.Comparison, err = r.plan.compare(with, plain)
	return f, err
}

// preserve judges the copies of every recipe by the plain classifier of the
// largest size and the first seed.
func (r *runner) preserve(ctx context.Context, result *Result) error {
	size := slices.Max(r.plan.Sizes)
	for _, recipe := range r.plan.Recipes {
		s := Setting{recipe.Name, size, r.plan.Seeds[0], Validation}
		share, known, err := remember(r, "preserved", s, func() (Share, error) { return r.trials.Preserve(ctx, s) })
		if err != nil {
			return err
		}
		result.Preserved = append(result.Preserved, Preserved{recipe.Name, share, share.Rate()})
		r.tell(Progress{Setting: s, Judged: true, Accuracy: share.Rate(), Stored: known})
	}
	return nil
}

// trial makes a trial, or takes it from the store.
func (r *runner) trial(ctx context.Context, s Setting) (Outcome, error) {
	o, known, err := remember(r, "trial", s, func() (Outcome, error) {
		if err := ctx.Err(); err != nil {
			return Outcome{}, err
		}
		o, err := r.trials.Trial(ctx, s)
		if err == nil && len(o.Right) == 0 {
			err = fmt.Errorf("ablate: no row was measured: %w", ErrOutcome)
		}
		return o, err
	})
	if err == nil {
		r.tell(Progress{Setting: s, Accuracy: o.accuracy(), Seconds: o.Seconds, Stored: known})
	}
	return o, err
}

// remember returns what is stored of a setting, else makes and stores it.
func remember[T any](r *runner, what string, s Setting, do func() (T, error)) (value T, known bool, err error) {
	key := r.plan.key(what, s)
	var kept stored[T]
	known, err = r.opts.Store.Load(key, &kept)
	if err != nil {
		return value, false, err
	}
	if known && kept.Setting != s {
		return value, false, fmt.Errorf("ablate: the result %s is of %v, not of %v; delete it, and the run is done again: %w", key, kept.Setting, s, ErrStored)
	}
	if known {
		return kept.Value, true, nil
	}
	if value, err = do(); err != nil {
		return value, false, fmt.Errorf("%v: %w", s, err)
	}
	return value, false, r.opts.Store.Save(key, stored[T]{s, value})
}

func (r *runner) tell(p Progress) {
	r.done++
	if r.opts.Done != nil {
		p.Number, p.Total = r.done, r.plan.total()
		r.opts.Done(p)
	}
}
