package adversary

import (
	"context"
	"strings"

	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/random"
)

// Perturber trains with one method.
type Perturber struct {
	config Config
	method Method
	seed   uint64
	given  Given
	// carried holds the δ of the step's micro-batches between replays.
	carried map[int]*Delta
}

// Given replaces what is random, for comparisons with other implementations.
type Given struct {
	// Noise writes uniform numbers in [−1, 1), or normal ones, to d.Value.
	Noise func(d *Delta)
	// Mix returns the partner of every row and the share that it keeps.
	Mix func(rows int) (partner []int, own []float64)
}

// New checks the options and returns the perturber of a run, whose seed it
// takes. Unlike Config.Validate it allows the radius 0, which leaves every
// micro-batch plain.
func New(c Config, seed uint64) (*Perturber, error) {
	if err := c.validate(false); err != nil {
		return nil, err
	}
	m, err := Lookup(c.Name)
	if err != nil {
		return nil, err
	}
	return &Perturber{config: c, method: m, seed: seed, carried: make(map[int]*Delta)}, nil
}

// Give replaces what is random.
func (p *Perturber) Give(g Given) { p.given = g }

// Needs lists the graphs that the run is going to use.
func (p *Perturber) Needs() []variant.Spec { return p.method.Needs(p.config) }

// Unlabelled reports whether rows without labels teach too; At.Rows and At.Labels
// are read then.
func (p *Perturber) Unlabelled() bool { return p.config.Unlabelled() }

// Passes estimates the cost of a disturbed micro-batch in plain passes.
func (p *Perturber) Passes() float64 { return p.method.Passes(p.config) }

// Replays is how often the weights are updated on each step's micro-batches; 1
// but for FreeAT.
func (p *Perturber) Replays() int {
	if m, ok := p.method.(interface{ replays(c Config) int }); ok {
		return m.replays(p.config)
	}
	return 1
}

// At says which micro-batch it is: of which epoch, counted from 0, of which
// step, counted from 1, which of its micro-batches and which replay of it, both
// counted from 0.
type At struct {
	Epoch, Step, Micro, Replay int
	// Rows and Labels count the rows of the whole step and the labels among them
	// that take part in the loss, for methods that learn from rows without labels;
	// 0 rows stand for a step of this micro-batch alone.
	Rows, Labels float64
}

// What is drawn for a whole micro-batch has a copy number that no row has.
const (
	drawDue uint16 = 0xffff - iota
	drawPairs
)

// Due reports whether a micro-batch is disturbed.
func (p *Perturber) Due(at At) bool {
	if at.Epoch < p.config.StartEpoch {
		return false
	}
	if p.config.Epsilon == 0 && strings.Contains(p.method.Options(), "adv_epsilon") {
		return false
	}
	return p.config.Fraction >= 1 ||
		random.New(p.seed, random.Perturb, uint32(at.Step), uint64(at.Micro), drawDue).Float64() < p.config.Fraction
}

// Accumulate adds the gradients of one micro-batch: those of the method if it
// is due, else plain ones, and none in later replays. It returns the mean of the
// loss that was differentiated and the weight of that mean: the number of labels
// that count, or of rows for methods that learn from rows without labels.
//
// With these the loss of a step is the mean over its labels of what labels teach,
// plus the mean over all its rows of the rest, however its rows are dealt to
// micro-batches: a micro-batch of Bᵢ rows with Lᵢ labels, of a step of B with L,
// counts with the weight Bᵢ and its labelled part with (Lᵢ/L)/(Bᵢ/B) beside that.
func (p *Perturber) Accumulate(ctx context.Context, passes Passes, at At) (mean, n float64, err error) {
	r := &Run{
		Config: p.config, Seed: p.seed, At: at,
		ctx: ctx, passes: passes, given: p.given, count: passes.Count(), supervised: 1, carried: p.carried[at.Micro],
	}
	if p.Unlabelled() {
		r.count = float64(passes.Batch().Sequences())
		if at.Rows > 0 {
			r.supervised = passes.Count() * at.Rows / max(at.Labels, 1) / r.count
		}
	}
	switch {
	case p.Due(at):
		if at.Replay == 0 {
			r.carried = nil
		}
		mean = p.method.Accumulate(r)
		p.carried[at.Micro] = r.carried
	case at.Replay == 0:
		mean = r.Backward(Pass{}, 1).Loss
	default:
		return 0, 0, nil
	}
	return mean, r.count, r.err
}
