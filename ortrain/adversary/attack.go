package adversary

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Attack says how predictions are attacked at several radii.
type Attack struct {
	// Radii are the ε to try, each on its own.
	Radii []float64
	Norm  Norm
	Scope Scope
	Where Where
	// Steps of PGD, of size Alpha·ε; 0 means 2.5/Steps, with which an example can
	// cross the ball. Restarts counts random starts; the first starts at the
	// example itself.
	Steps, Restarts int
	Alpha           float64
	// Seed of the random starts.
	Seed uint64
}

// Victim gives the passes of a batch without dropout.
type Victim func(b *sample.Batch) (Passes, error)

// Tally counts what is left of one radius, in examples.
type Tally struct {
	Epsilon float64 `json:"epsilon"`
	// Examples that have a label, Clean those that are right without an attack.
	Examples int `json:"examples"`
	Clean    int `json:"clean"`
	// FGSM, PGD and Transfer count those that withstand the attack, Worst those
	// that withstand all. PGD is the worst of all restarts and of all steps on the
	// way, Transfer the end of one ascent of another network, if there is one.
	FGSM     int `json:"fgsm"`
	PGD      int `json:"pgd"`
	Transfer int `json:"transfer"`
	Worst    int `json:"worst"`
}

// Validate returns all faults of the options at once.
func (a Attack) Validate() error {
	var list []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Errorf("adversary: attack: "+format+": %w", append(args, ErrConfig)...))
		}
	}
	check(len(a.Radii) > 0, "no radius is given")
	for _, e := range a.Radii {
		check(e > 0 && !math.IsInf(e, 0), "a radius is %g; a positive number is needed", e)
	}
	check(a.Norm == L2 || a.Norm == LInf, "the norm is %q; l2 or linf is expected", a.Norm)
	check(a.Scope == PerExample || a.Scope == PerToken, "the scope is %q; example or token is expected, since examples are counted one by one", a.Scope)
	check(a.Where == AtLookup || a.Where == AtSum || a.Where == AtOutput, "the place is %q; lookup, embedding_sum or embedding_output is expected", a.Where)
	check(a.Steps >= 1, "%d steps; at least 1 is needed", a.Steps)
	check(a.Restarts >= 1, "%d restarts; at least 1 is needed", a.Restarts)
	check(a.Alpha >= 0, "the step size is %g; it must not be negative", a.Alpha)
	return errors.Join(list...)
}

// Batch attacks one batch and adds to the tallies, one for each radius in
// order. source, if not nil, is another network: where PGD from the example itself
// ends there is tried on the victim.
func (a Attack) Batch(ctx context.Context, victim, source Victim, b *sample.Batch, tallies []Tally) error {
	b, right, err := a.clean(ctx, victim, b)
	if err != nil || b == nil {
		return err
	}
	for i, epsilon := range a.Radii {
		t := &tallies[i]
		t.Epsilon = epsilon
		t.Examples += len(right)
		standing := pick(b, right)
		t.Clean += standing.Sequences()
		if standing.Sequences() == 0 {
			continue
		}
		if err := a.radius(ctx, victim, source, standing, t); err != nil {
			return fmt.Errorf("adversary: attack with radius %g: %w", epsilon, err)
		}
	}
	return nil
}

// clean returns the labelled rows and which of them are right without an
// attack.
func (a Attack) clean(ctx context.Context, victim Victim, b *sample.Batch) (*sample.Batch, []bool, error) {
	labelled := make([]bool, b.Sequences())
	for i := range labelled {
		labelled[i] = i < len(b.Labels.Int) && b.Labels.Int[i] >= 0
	}
	if b = pick(b, labelled); b.Sequences() == 0 {
		return nil, nil, nil
	}
	p, err := victim(b)
	if err != nil {
		return nil, nil, err
	}
	out, err := p.Forward(ctx, Pass{Logits: true})
	if err != nil {
		return nil, nil, err
	}
	return b, correct(out.LogProbs, b.Labels.Int), nil
}

// radius attacks rows that are right without one.
func (a Attack) radius(ctx context.Context, victim, source Victim, b *sample.Batch, t *Tally) error {
	f, err := a.fgsm(ctx, victim, b, t.Epsilon)
	if err != nil {
		return err
	}
	p, err := a.pgd(ctx, victim, b, t.Epsilon)
	if err != nil {
		return err
	}
	worst := both(f, p)
	t.FGSM, t.PGD = t.FGSM+count(f), t.PGD+count(p)
	if source != nil {
		other, err := a.climb(ctx, source, victim, b, t.Epsilon, 0)
		if err != nil {
			return err
		}
		t.Transfer += count(other)
		worst = both(worst, other)
	}
	t.Worst += count(worst)
	return nil
}

// fgsm is the steepest step to the border of the ball.
func (a Attack) fgsm(ctx context.Context, victim Victim, b *sample.Batch, epsilon float64) ([]bool, error) {
	s, err := victim(b)
	if err != nil {
		return nil, err
	}
	d := NewDelta(b, s.Hidden(), a.config())
	if _, err := s.Gradient(ctx, Pass{Delta: d}); err != nil {
		return nil, err
	}
	d.Steepest(epsilon)
	d.Project(epsilon)
	return a.try(ctx, victim, b, d)
}

// pgd tells which rows withstand all restarts. Rows that one has broken are
// left out of the next.
func (a Attack) pgd(ctx context.Context, victim Victim, b *sample.Batch, epsilon float64) ([]bool, error) {
	standing := make([]bool, b.Sequences())
	for i := range standing {
		standing[i] = true
	}
	for restart := range a.Restarts {
		rest := pick(b, standing)
		if rest.Sequences() == 0 {
			break
		}
		held, err := a.climb(ctx, nil, victim, rest, epsilon, restart)
		if err != nil {
			return nil, err
		}
		next := 0
		for i := range standing {
			if standing[i] {
				standing[i] = held[next]
				next++
			}
		}
	}
	return standing, nil
}

// climb is one ascent of the victim's loss, which tells the rows that withstand
// every δ on the way; broken ones take no further steps. With another network as
// source, that one's loss is climbed and the last δ tried on the victim.
func (a Attack) climb(ctx context.Context, source, victim Victim, b *sample.Batch, epsilon float64, restart int) ([]bool, error) {
	held := make([]bool, b.Sequences())
	standing := make([]int, len(held)) // where the rows of the batch were at first
	for i := range standing {
		standing[i] = i
	}
	own := source == nil
	if own {
		source = victim
	}
	s, err := source(b)
	if err != nil {
		return nil, err
	}
	d := a.start(b, s.Hidden(), epsilon, restart)
	alpha := a.Alpha
	if alpha == 0 {
		alpha = 2.5 / float64(a.Steps)
	}
	for range a.Steps {
		out, err := s.Gradient(ctx, Pass{Delta: d, Logits: own})
		if err != nil {
			return nil, err
		}
		if own {
			right := correct(out.LogProbs, b.Labels.Int)
			if standing = kept(standing, right); len(standing) == 0 {
				return held, nil
			}
			if len(standing) < len(right) {
				b = pick(b, right)
				d = d.pick(b, right)
				if s, err = victim(b); err != nil {
					return nil, err
				}
			}
		}
		d.Steepest(alpha * epsilon)
		d.Project(epsilon)
	}
	right, err := a.try(ctx, victim, b, d)
	for i, yes := range right {
		held[standing[i]] = yes
	}
	return held, err
}

// start is where an ascent begins: at the example, or somewhere in the ball.
func (a Attack) start(b *sample.Batch, width int, epsilon float64, restart int) *Delta {
	d := NewDelta(b, width, a.config())
	if restart == 0 {
		return d
	}
	d.fill(a.Seed, restart, uniform)
	d.ScaleRows(func(n int) float64 {
		if a.Norm == LInf {
			return epsilon
		}
		return epsilon * math.Sqrt(3/float64(n)) // the norm is about ε
	})
	d.Project(epsilon)
	return d
}

// try tells which rows the victim gets right at x+δ.
func (a Attack) try(ctx context.Context, victim Victim, b *sample.Batch, d *Delta) ([]bool, error) {
	p, err := victim(b)
	if err != nil {
		return nil, err
	}
	if len(d.Value) != b.Tokens()*p.Hidden() {
		return nil, fmt.Errorf("adversary: the perturbations have another width than the embeddings of the network, %d; transfer needs networks of one width and tokenizer: %w", p.Hidden(), ErrConfig)
	}
	out, err := p.Forward(ctx, Pass{Delta: d, Logits: true})
	if err != nil {
		return nil, err
	}
	return correct(out.LogProbs, b.Labels.Int), nil
}

func (a Attack) config() Config { return Config{Norm: a.Norm, Scope: a.Scope, Where: a.Where} }

// correct compares the largest class of every row with its label.
func correct(logProbs []float32, labels []int64) []bool {
	classes := len(logProbs) / len(labels)
	out := make([]bool, len(labels))
	for i, y := range labels {
		row, best := logProbs[i*classes:(i+1)*classes], 0
		for c, v := range row {
			if v > row[best] {
				best = c
			}
		}
		out[i] = int64(best) == y
	}
	return out
}

// kept returns the elements that are marked.
func kept(list []int, marked []bool) []int {
	var out []int
	for i, yes := range marked {
		if yes {
			out = append(out, list[i])
		}
	}
	return out
}

func count(list []bool) int {
	n := 0
	for _, x := range list {
		if x {
			n++
		}
	}
	return n
}

func both(a, b []bool) []bool {
	out := make([]bool, len(a))
	for i := range a {
		out[i] = a[i] && b[i]
	}
	return out
}

// pick returns the sequences that are marked.
func pick(b *sample.Batch, marked []bool) *sample.Batch {
	out := &sample.Batch{Offsets: []int32{0}, Cursor: b.Cursor}
	for i, yes := range marked {
		if !yes {
			continue
		}
		lo, hi := b.Offsets[i], b.Offsets[i+1]
		out.IDs = append(out.IDs, b.IDs[lo:hi]...)
		out.TypeIDs = append(out.TypeIDs, b.TypeIDs[lo:hi]...)
		out.Positions = append(out.Positions, b.Positions[lo:hi]...)
		out.Offsets = append(out.Offsets, int32(len(out.IDs)))
		out.Row, out.Copy = append(out.Row, b.Row[i]), append(out.Copy, b.Copy[i])
		out.Labels.Int = append(out.Labels.Int, b.Labels.Int[i])
	}
	out.Labels.Shape = []int64{int64(len(out.Row))}
	return out
}

// Masking tells from the tallies of growing radii, best with a large one last,
// whether the attack is weak rather than the network strong ("gradient
// masking"): one step beats many, or the largest radius does no harm. "" means
// that there is no sign of it.
//
// Source: Athalye, Carlini and Wagner, "Obfuscated Gradients Give a False Sense
// of Security" (ICML 2018), section 3.1.
func Masking(tallies []Tally) string {
	const share = 0.01
	for _, t := range tallies {
		if float64(t.PGD-t.FGSM) > share*float64(t.Examples) {
			return fmt.Sprintf("at radius %g FGSM leaves %d of %d examples right and PGD, which searches longer, %d", t.Epsilon, t.FGSM, t.Examples, t.PGD)
		}
	}
	if len(tallies) == 0 {
		return ""
	}
	last := tallies[len(tallies)-1]
	if last.Clean > 0 && float64(last.Clean-last.PGD) < share*float64(last.Clean) {
		return fmt.Sprintf("at the largest radius, %g, PGD still leaves %d of %d examples right; a larger radius must do harm, or the gradients do not tell where", last.Epsilon, last.PGD, last.Clean)
	}
	return ""
}
