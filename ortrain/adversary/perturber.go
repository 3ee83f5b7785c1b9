package adversary

import (
	"context"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/random"
)

// Perturber trains with one method.
type Perturber struct {
	config Config
	method Method
	seed   uint64
}

// New checks the options and returns the perturber of a run. seed is the
// run's.
func New(c Config, seed uint64) (*Perturber, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m, err := Lookup(c.Name)
	if err != nil {
		return nil, err
	}
	return &Perturber{config: c, method: m, seed: seed}, nil
}

// Needs lists the graphs that the run is going to use.
func (p *Perturber) Needs() []variant.Spec { return p.method.Needs(p.config) }

// Passes estimates the cost of a disturbed micro-batch in plain passes.
func (p *Perturber) Passes() float64 { return p.method.Passes(p.config) }

// At says which micro-batch it is: of which epoch, counted from 0, of which
// step, counted from 1, and which of its micro-batches, counted from 0.
type At struct{ Epoch, Step, Micro int }

// Due reports whether a micro-batch is disturbed.
func (p *Perturber) Due(at At) bool {
	if at.Epoch < p.config.StartEpoch {
		return false
	}
	const choice = 0xffff // of the copy numbers, so that no row shares the stream
	return p.config.Fraction >= 1 ||
		random.New(p.seed, random.Perturb, uint32(at.Step), uint64(at.Micro), choice).Float64() < p.config.Fraction
}

// Accumulate adds the gradients of one micro-batch: those of the method if it
// is due, else plain ones. It returns the mean of the loss that was
// differentiated and the number of rows that it is the mean of.
func (p *Perturber) Accumulate(ctx context.Context, passes Passes, at At) (mean, n float64, err error) {
	r := &Run{Config: p.config, Seed: p.seed, Step: at.Step, ctx: ctx, passes: passes, count: passes.Count()}
	if !p.Due(at) {
		mean = r.Backward(Pass{}, 1).Loss
	} else {
		mean = p.method.Accumulate(r)
	}
	return mean, r.count, r.err
}
