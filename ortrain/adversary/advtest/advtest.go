// Package advtest checks the laws that every method of package adversary
// keeps, on any network that runs its passes.
//
// Nouns: a Subject opens networks and trains them; Laws runs all laws for every
// method of the table, so that a new method is checked as soon as it is
// registered.
//
// It is for tests only, and reports through testing.TB.
package advtest

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Network is what the laws look at.
type Network interface {
	Prepare(needs []variant.Spec) error
	Passes(b *sample.Batch, step, micro int) (adversary.Passes, error)
	// Step updates the weights by the gradients of n rows, with plain gradient
	// descent at rate 1, and returns the gradient's norm.
	Step(n float64) (float64, error)
	// Weights are all weights, one after another.
	Weights() []float32
}

// Subject is the implementation under test.
type Subject struct {
	// Open returns a new network with the same weights each time.
	Open func(t testing.TB, dropout float64) Network
	// Batches are a few labelled micro-batches of several sequences of unequal
	// length.
	Batches []*sample.Batch
	// Train runs a training with checkpoints under a method, stops after a step
	// and goes on from its checkpoint (0 does not stop), and returns the weights as bytes.
	Train func(t *testing.T, c adversary.Config, stop int) []byte
}

// Laws checks every method.
func Laws(t *testing.T, s Subject) {
	for _, name := range adversary.Names() {
		c, err := adversary.Defaults(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Run("valid defaults", func(t *testing.T) { validDefaults(t, c) })
			t.Run("radius 0", func(t *testing.T) { zeroRadius(t, s, c) })
			t.Run("within the radius", func(t *testing.T) { withinRadius(t, s, c) })
			t.Run("accumulation", func(t *testing.T) { accumulation(t, s, c) })
			t.Run("later epochs", func(t *testing.T) { laterEpochs(t, s, c) })
			t.Run("resumed", func(t *testing.T) { resumed(t, s, c) })
			if c.Unlabelled() {
				t.Run("rows without labels", func(t *testing.T) { unlabelledRows(t, s, c) })
			}
		})
	}
	t.Run("freelb with one step from 0", func(t *testing.T) { oneStep(t, s) })
	t.Run("freelb sees one set of masks", func(t *testing.T) { oneSetOfMasks(t, s) })
	t.Run("rdrop without dropout", func(t *testing.T) { equalTwins(t, s) })
}

// disturb runs one micro-batch.
func disturb(t testing.TB, n Network, c adversary.Config, b *sample.Batch, at adversary.At, wrap func(adversary.Passes) adversary.Passes) (mean, count float64) {
	t.Helper()
	p, err := adversary.New(c, 7)
	if err != nil {
		t.Fatal(err)
	}
	passes, err := n.Passes(b, at.Step, at.Micro)
	if err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		passes = wrap(passes)
	}
	mean, count, err = p.Accumulate(context.Background(), passes, at)
	if err != nil {
		t.Fatal(err)
	}
	return mean, count
}

func step(t testing.TB, n Network, count float64) float64 {
	t.Helper()
	norm, err := n.Step(count)
	if err != nil {
		t.Fatal(err)
	}
	return norm
}

// plainly trains without a method and returns the weights.
func plainly(t testing.TB, s Subject, dropout float64) []float32 {
	t.Helper()
	n := s.Open(t, dropout)
	for i, b := range s.Batches {
		passes, err := n.Passes(b, i+1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := passes.Backward(context.Background(), adversary.Pass{}, passes.Count()); err != nil {
			t.Fatal(err)
		}
		step(t, n, passes.Count())
	}
	return n.Weights()
}

// train trains with a method and returns the weights.
func train(t testing.TB, s Subject, c adversary.Config, dropout float64, wrap func(adversary.Passes) adversary.Passes) []float32 {
	t.Helper()
	n := s.Open(t, dropout)
	for i, b := range s.Batches {
		_, count := disturb(t, n, c, b, adversary.At{Step: i + 1}, wrap)
		step(t, n, count)
	}
	return n.Weights()
}

func validDefaults(t *testing.T, c adversary.Config) {
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	m, err := adversary.Lookup(c.Name)
	if err != nil {
		t.Fatal(err)
	}
	if m.Doc() == "" || m.Source() == "" || m.Passes(c) < 1 {
		t.Errorf("doc %q, source %q, %g passes", m.Doc(), m.Source(), m.Passes(c))
	}
}

const dropout = 0.1

// zeroRadius: a method that has nothing to disturb with is plain training, bit
// for bit.
func zeroRadius(t *testing.T, s Subject, c adversary.Config) {
	if c.Epsilon == 0 && c.Init == 0 {
		t.Skip("the method has no radius")
	}
	c.Epsilon, c.Init = 0, 0
	if got := train(t, s, c, dropout, nil); !slices.Equal(got, plainly(t, s, dropout)) {
		t.Error("the weights differ from those of plain training")
	}
}

// bound checks every perturbation that weights learn from.
type bound struct {
	adversary.Passes
	t      testing.TB
	radius float64
	seen   *int
}

func (b bound) Backward(ctx context.Context, p adversary.Pass, seed float64) (adversary.Result, error) {
	if p.Delta != nil {
		*b.seen++
		for i, n := range p.Delta.Norms() {
			if n > b.radius {
				b.t.Errorf("group %d has the norm %g; the radius is %g", i, n, b.radius)
			}
		}
	}
	return b.Passes.Backward(ctx, p, seed)
}

// withinRadius: ‖δ‖ never exceeds ε.
func withinRadius(t *testing.T, s Subject, c adversary.Config) {
	if c.Epsilon == 0 || c.Where == "" {
		t.Skip("the method has no perturbation with a radius")
	}
	for _, scope := range []adversary.Scope{adversary.PerExample, adversary.PerToken, adversary.Global} {
		for _, norm := range []adversary.Norm{adversary.L2, adversary.LInf} {
			c.Scope, c.Norm = scope, norm
			if c.Validate() != nil {
				continue
			}
			large := c
			if large.Alpha > 0 {
				large.Alpha = 10 * c.Epsilon // so that the bound binds
			}
			seen := 0
			train(t, s, large, dropout, func(p adversary.Passes) adversary.Passes {
				return bound{Passes: p, t: t, radius: c.Epsilon, seen: &seen}
			})
			if seen == 0 {
				t.Errorf("%s %s: the weights learnt from no perturbation", scope, norm)
			}
		}
	}
}

// accumulation: two micro-batches are one batch, to rounding.
func accumulation(t *testing.T, s Subject, c adversary.Config) {
	if c.Name == "mixup" {
		t.Skip("partners lie in one micro-batch")
	}
	b := s.Batches[0]
	run := func(parts []*sample.Batch) ([]float32, float64) {
		n := s.Open(t, 0)
		total := 0.0
		for i, part := range parts {
			_, count := disturb(t, n, c, part, adversary.At{Step: 1, Micro: i}, nil)
			total += count
		}
		norm := step(t, n, total)
		return n.Weights(), norm
	}
	half := b.Sequences() / 2
	if c.Name == "awp" {
		// Its shift is that of a micro-batch, which differs from that of the batch.
		half = b.Sequences()
		parts := []*sample.Batch{b, b}
		whole, _ := run([]*sample.Batch{b})
		twice, _ := run(parts)
		near(t, whole, twice)
		return
	}
	whole, _ := run([]*sample.Batch{b})
	parts, _ := run([]*sample.Batch{cut(b, 0, half), cut(b, half, b.Sequences())})
	near(t, whole, parts)
}

func near(t *testing.T, a, b []float32) {
	t.Helper()
	top, worst := 0.0, 0.0
	for i := range a {
		top = max(top, math.Abs(float64(a[i])))
		worst = max(worst, math.Abs(float64(a[i]-b[i])))
	}
	if worst > 2e-5*top {
		t.Errorf("weights differ by %.3g; the largest is %.3g", worst, top)
	}
}

// cut returns sequences lo … hi of a batch.
func cut(b *sample.Batch, lo, hi int) *sample.Batch {
	from, to := b.Offsets[lo], b.Offsets[hi]
	out := &sample.Batch{
		IDs: b.IDs[from:to], TypeIDs: b.TypeIDs[from:to], Positions: b.Positions[from:to],
		Labels: sample.Labels{Int: b.Labels.Int[lo:hi], Shape: []int64{int64(hi - lo)}}, Row: b.Row[lo:hi], Copy: b.Copy[lo:hi],
	}
	for _, o := range b.Offsets[lo : hi+1] {
		out.Offsets = append(out.Offsets, o-from)
	}
	return out
}

// unlabelledRows: what labels teach is the mean over the rows that have one, the
// rest the mean over all rows, whatever micro-batches the rows lie in.
func unlabelledRows(t *testing.T, s Subject, c adversary.Config) {
	b := s.Batches[0]
	last := b.Sequences() - 1
	some := unlabel(b, 0, last) // the first and the last row
	if c.Init > 0 {
		// A start so near to 0 that rounding gives its gradient's direction would
		// go elsewhere in another micro-batch.
		c.Init, c.Alpha, c.Epsilon = 0.05, 0.1, 0.1
	}
	run := func(c adversary.Config, parts ...*sample.Batch) (weights []float32, loss float64) {
		n := s.Open(t, 0)
		at, total := adversary.At{Step: 1}, 0.0
		for _, part := range parts {
			at.Rows += float64(part.Sequences())
			at.Labels += labels(part)
		}
		for i, part := range parts {
			at.Micro = i
			mean, count := disturb(t, n, c, part, at, nil)
			loss, total = loss+mean*count, total+count
		}
		step(t, n, total)
		return n.Weights(), loss / total
	}
	whole, want := run(c, some)
	// Parts with all, some and no labels.
	parts, got := run(c, cut(some, 0, 1), cut(some, 1, last), cut(some, last, last+1))
	near(t, whole, parts)
	if math.Abs(got-want) > 1e-5*math.Abs(want) {
		t.Errorf("the loss in parts is %g, in one batch %g", got, want)
	}
	// Without its own term a method sees the labelled rows alone.
	plain := c
	plain.Weight = 0
	with, _ := run(plain, some)
	alone, _ := run(plain, cut(b, 1, last))
	near(t, alone, with)
	for _, term := range []float64{0, c.Weight} {
		plain.Weight = term
		before := s.Open(t, 0).Weights()
		after, loss := run(plain, unlabel(b, 0, 1, 2, last))
		if changed := !slices.Equal(before, after); math.IsNaN(loss) || changed != (term > 0) || (loss != 0) != (term > 0) {
			t.Errorf("no label at all, adv_weight %g: loss %g, weights changed: %v", term, loss, changed)
		}
	}
}

// unlabel takes the labels of rows away.
func unlabel(b *sample.Batch, rows ...int) *sample.Batch {
	out := *b
	out.Labels.Int = slices.Clone(b.Labels.Int)
	for _, row := range rows {
		out.Labels.Int[row] = sample.Ignore
	}
	return &out
}

func labels(b *sample.Batch) (n float64) {
	for _, class := range b.Labels.Int {
		if class != sample.Ignore {
			n++
		}
	}
	return n
}

// laterEpochs: before its first epoch a method does nothing.
func laterEpochs(t *testing.T, s Subject, c adversary.Config) {
	c.StartEpoch = 1
	if got := train(t, s, c, dropout, nil); !slices.Equal(got, plainly(t, s, dropout)) {
		t.Error("the weights differ from those of plain training")
	}
}

// resumed: a run that stopped and went on ends with the same bytes.
func resumed(t *testing.T, s Subject, c adversary.Config) {
	if c.BregmanBeta > 0 {
		c.Bregman = 1
	}
	c.Fraction = 0.7
	want := s.Train(t, c, 0)
	for _, stop := range []int{1, 4} {
		if got := s.Train(t, c, stop); !slices.Equal(got, want) {
			t.Errorf("stopped after step %d and resumed: other weights", stop)
		}
	}
}

// oneStep: FreeLB with K = 1 from δ = 0 is plain training.
func oneStep(t *testing.T, s Subject) {
	c, err := adversary.Defaults("freelb")
	if err != nil {
		t.Fatal(err)
	}
	c.Steps, c.Init = 1, 0
	if got := train(t, s, c, dropout, nil); !slices.Equal(got, plainly(t, s, dropout)) {
		t.Error("the weights differ from those of plain training")
	}
}

// losses notes the losses of passes.
type losses struct {
	adversary.Passes
	list *[]float64
	draw uint16
}

func (l losses) Backward(ctx context.Context, p adversary.Pass, seed float64) (adversary.Result, error) {
	p.Draw += l.draw * uint16(len(*l.list))
	out, err := l.Passes.Backward(ctx, p, seed)
	*l.list = append(*l.list, out.Loss)
	return out, err
}

// oneSetOfMasks: passes of FreeLB that differ in nothing but the time give
// equal losses under dropout, and other ones with other masks.
func oneSetOfMasks(t *testing.T, s Subject) {
	c, err := adversary.Defaults("freelb")
	if err != nil {
		t.Fatal(err)
	}
	c.Init, c.Alpha = 0, 1e-30 // too small to change a sum
	for draw, want := range map[uint16]bool{0: true, 1: false} {
		var list []float64
		n := s.Open(t, 0.5)
		disturb(t, n, c, s.Batches[0], adversary.At{Step: 1}, func(p adversary.Passes) adversary.Passes {
			return losses{Passes: p, list: &list, draw: draw}
		})
		if len(list) != c.Steps {
			t.Fatalf("%d passes for %d steps", len(list), c.Steps)
		}
		if same := list[0] == list[1] && list[1] == list[2]; same != want {
			t.Errorf("masks %d apart: losses %v", draw, list)
		}
	}
}

// equalTwins: without dropout both passes of R-Drop are the same, and their
// divergence is 0; with it, it is not.
func equalTwins(t *testing.T, s Subject) {
	alpha := 1.0
	for _, p := range []float64{0, 0.5} {
		n := s.Open(t, p)
		passes, err := n.Passes(s.Batches[0], 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		out, err := passes.Backward(context.Background(), adversary.Pass{CE: 1, Twin: &alpha}, passes.Count())
		if err != nil {
			t.Fatal(err)
		}
		if (out.Divergence == 0) != (p == 0) {
			t.Errorf("dropout %g: divergence %g", p, out.Divergence)
		}
	}
}
