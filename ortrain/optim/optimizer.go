package optim

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/native"
)

// Optimizer holds the state of a Method for a list of parameters. Close
// releases it.
type Optimizer struct {
	kernels native.Kernels
	method  Method
	params  []parameter
	index   map[string]int
	step    int64
}

// parameter is a Parameter with its state.
type parameter struct {
	Parameter
	rates   Rates
	buffers []*native.Buffer
	moments [2][]float32
	table   *table // only of trainable parameters with Rows
}

// StepInfo is what a step needs beside the gradients.
type StepInfo struct {
	// LR is the learning rate of this step, before a parameter's LRScale.
	LR float64
	// Divisor divides the gradients: the sum Σn of the micro-batches' label
	// weights when gradients hold weighted sums, 1 when they are means already.
	Divisor float64
	// MaxNorm is the largest global gradient norm that is not clipped; 0 and
	// below mean no clipping.
	MaxNorm float64
}

// Stats tells what a step did.
type Stats struct {
	Step        int64   // number of this step; the first is 1
	GradNorm    float64 // global L2 norm after Divisor, before clipping
	Clip        float64 // factor min(1, MaxNorm/(GradNorm+1e-6)), 1 without clipping
	BatchRows   int     // distinct table rows that had a gradient in this step
	UpdatedRows int     // table rows that were updated, of all tables
}

// NotFiniteError says which parameter's gradient holds a NaN or an Inf. It
// wraps ErrNotFinite:
//
//	var e *optim.NotFiniteError
//	if errors.As(err, &e) { … e.Parameter … }
type NotFiniteError struct {
	Parameter string
	Step      int64 // the step that did not happen
}

// Error names the parameter and the step.
func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("optim: the gradient of %s holds NaN or Inf in step %d; nothing was changed; lower the learning rate or look at the batch", e.Parameter, e.Step)
}

// Unwrap gives ErrNotFinite.
func (e *NotFiniteError) Unwrap() error { return ErrNotFinite }

// New allocates the state of method for params, all zero. A nil rule means no
// weight decay and one learning rate. Gradients of later steps come in the order
// of params. Errors wrap ErrConfig, or native.ErrMemory.
func New(k native.Kernels, params []Parameter, method Method, rule Rule) (*Optimizer, error) {
	if rule == nil {
		rule = Decay(0)
	}
	if method == nil {
		return nil, fmt.Errorf("optim: no method; AdamW or SGD was expected: %w", ErrConfig)
	}
	faults := []error{method.check()}
	o := &Optimizer{kernels: k, method: method, params: make([]parameter, len(params)), index: make(map[string]int, len(params))}
	for i, p := range params {
		if _, twice := o.index[p.Name]; twice {
			faults = append(faults, fmt.Errorf("optim: two parameters are named %s: %w", p.Name, ErrConfig))
		}
		o.index[p.Name] = i
		o.params[i] = parameter{Parameter: p, rates: rule(p.Name)}
		faults = append(faults, p.check(), o.params[i].rates.check(p.Name))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	for i := range o.params {
		if err := o.params[i].allocate(method); err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	return o, nil
}

func (p *parameter) allocate(method Method) error {
	if !p.Trainable {
		return nil
	}
	for i := range method.moments() {
		b, err := native.AllocFloat32s(len(p.Data))
		if err != nil {
			return fmt.Errorf("optim: moments of %s: %w", p.Name, err)
		}
		p.buffers = append(p.buffers, b)
		p.moments[i] = b.Float32s()
	}
	if p.Rows {
		p.table = newTable(int(p.Shape[0]), int(p.Shape[1]), p.Lazy && method.lazy(p.rates), method.sticky())
	}
	return nil
}

// Close releases the state; the parameters are the caller's. Further calls do
// nothing.
func (o *Optimizer) Close() error {
	var faults []error
	for i := range o.params {
		p := &o.params[i]
		for _, b := range p.buffers {
			faults = append(faults, b.Close())
		}
		if p.table != nil {
			faults = append(faults, p.table.merged.Close())
		}
		p.buffers, p.moments, p.table = nil, [2][]float32{}, nil
	}
	o.params = nil
	return errors.Join(faults...)
}

// StepCount is the number of steps done.
func (o *Optimizer) StepCount() int64 { return o.step }

// Index is the place of a named parameter in the list given to New.
func (o *Optimizer) Index(name string) (int, bool) {
	i, ok := o.index[name]
	return i, ok
}

// Step does one update with the gradients of all micro-batches, grads[i] being
// that of parameter i. It merges row gradients in the order of their occurrence
// (and adds them into Dense where both are given), takes the global norm, and
// updates every trainable parameter in place. ctx is looked at before anything
// changes; then the step runs to its end.
//
// Errors wrap ErrGradient, ErrConfig (StepInfo) or ErrNotFinite, or are ctx's;
// with each of them weights, moments and the step count are as they were.
func (o *Optimizer) Step(ctx context.Context, grads Gradients, info StepInfo) (Stats, error) {
	if err := info.check(); err != nil {
		return Stats{}, err
	}
	if err := o.merge(grads); err != nil {
		return Stats{}, err
	}
	norm, err := o.norm(grads, info.Divisor)
	if err != nil {
		return Stats{}, err
	}
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	stats := Stats{Step: o.step + 1, GradNorm: norm, Clip: 1}
	if info.MaxNorm > 0 {
		stats.Clip = min(1, info.MaxNorm/(norm+1e-6))
	}
	updates, err := o.plan(grads, &stats)
	if err != nil {
		return Stats{}, err
	}
	s := scalars{lr: info.LR, gradScale: stats.Clip / info.Divisor, step: stats.Step}
	if err := o.method.update(o.kernels, updates, s); err != nil {
		return Stats{}, err
	}
	for i := range o.params {
		if p := &o.params[i]; p.table != nil {
			p.table.record(o.method.decay(p.rates, info.LR))
		}
	}
	o.step++
	return stats, nil
}

func (i StepInfo) check() error {
	if !(i.LR >= 0) || math.IsInf(i.LR, 0) || !(i.Divisor > 0) || math.IsInf(i.Divisor, 0) || math.IsNaN(i.MaxNorm) {
		return fmt.Errorf("optim: step with learning rate %v, divisor %v, largest norm %v; a finite rate, a positive finite divisor and a number were expected: %w",
			i.LR, i.Divisor, i.MaxNorm, ErrConfig)
	}
	return nil
}

// merge checks the gradients and merges row gradients.
func (o *Optimizer) merge(grads Gradients) error {
	if len(grads) != len(o.params) {
		return fmt.Errorf("optim: %d gradients for %d parameters: %w", len(grads), len(o.params), ErrGradient)
	}
	for i := range o.params {
		p, g := &o.params[i], grads[i]
		switch {
		case !p.Trainable:
			continue
		case g.Dense != nil && len(g.Dense) != len(p.Data):
			return fmt.Errorf("optim: gradient of %s has %d numbers; %d were expected: %w", p.Name, len(g.Dense), len(p.Data), ErrGradient)
		case p.table == nil && (g.Dense == nil || len(g.Rows) > 0):
			return fmt.Errorf("optim: %s needs a dense gradient alone; got %d numbers and %d row parts: %w", p.Name, len(g.Dense), len(g.Rows), ErrGradient)
		case p.table == nil:
			continue
		}
		if err := p.table.merge(o.kernels, g); err != nil {
			return fmt.Errorf("optim: gradient of %s: %w: %w", p.Name, ErrGradient, err)
		}
	}
	return nil
}

// norm is the global L2 norm of the gradients divided by divisor.
func (o *Optimizer) norm(grads Gradients, divisor float64) (float64, error) {
	var arrays []native.Squares
	var owner []int
	for i := range o.params {
		if !o.params[i].Trainable {
			continue
		}
		a := native.Squares{Data: grads[i].Dense}
		if t := o.params[i].table; t != nil {
			a.Block = t.width
			if a.Data == nil {
				a.Data = t.merged.Sum
			}
		}
		arrays, owner = append(arrays, a), append(owner, i)
	}
	var total float64
	for j, sum := range o.kernels.SumSquares(arrays...) {
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return 0, &NotFiniteError{Parameter: o.params[owner[j]].Name, Step: o.step + 1}
		}
		total += sum
	}
	return math.Sqrt(total) / divisor, nil
}

// plan lists the arrays to update. Rows that a gradient touches for the first
// time are settled here; that changes only what decay would have changed anyway.
func (o *Optimizer) plan(grads Gradients, stats *Stats) ([]update, error) {
	var updates []update
	for i := range o.params {
		p := &o.params[i]
		if !p.Trainable {
			continue
		}
		u := update{w: p.Data, g: grads[i].Dense, moments: p.moments, rates: p.rates}
		if t := p.table; t != nil {
			stats.BatchRows += len(t.merged.Rows)
			if u.g != nil {
				if err := t.wake(o.kernels, p.Data); err != nil {
					return nil, err
				}
				stats.UpdatedRows += t.height
			} else {
				if err := t.touch(o.kernels, p.Data); err != nil {
					return nil, err
				}
				u.g, u.rows = t.merged.Sum, &t.rows
				stats.UpdatedRows += len(t.rows.Row)
			}
		}
		updates = append(updates, u)
	}
	return updates, nil
}
