package adversary_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func texts(lengths ...int) *sample.Batch {
	b := &sample.Batch{Offsets: []int32{0}}
	for i, n := range lengths {
		for s := range n {
			b.IDs, b.TypeIDs, b.Positions = append(b.IDs, int64(s%3)), append(b.TypeIDs, 0), append(b.Positions, int64(s))
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		b.Row, b.Copy = append(b.Row, uint64(i)), append(b.Copy, 0)
		b.Labels.Int = append(b.Labels.Int, int64(i%2))
	}
	b.Labels.Shape = []int64{int64(len(lengths))}
	return b
}

// TestProjectEndsWithinTheBall tries norms and scopes with sizes from tiny to
// huge.
func TestProjectEndsWithinTheBall(t *testing.T) {
	s := random.New(1, random.Perturb, 0, 0, 0)
	for _, norm := range []adversary.Norm{adversary.L2, adversary.LInf} {
		for _, scope := range []adversary.Scope{adversary.PerExample, adversary.PerToken, adversary.Global} {
			for _, size := range []float64{1e-6, 1, 1e4} {
				d := adversary.NewDelta(texts(3, 5), 4, adversary.Config{Norm: norm, Scope: scope, Where: adversary.AtLookup})
				for i := range d.Value {
					d.Value[i] = float32(size * s.Normal())
				}
				const radius = 0.1
				d.Project(radius)
				for i, n := range d.Norms() {
					if n > radius || size > 1 && norm == adversary.L2 && n < radius*(1-1e-5) {
						t.Errorf("%s %s size %g: group %d has the norm %g", norm, scope, size, i, n)
					}
				}
			}
		}
	}
}

// TestMatrixSharesRows: tokens with one id have one perturbation, whose
// gradient is the sum of theirs.
func TestMatrixSharesRows(t *testing.T) {
	b := texts(4)
	d := adversary.NewDelta(b, 1, adversary.Config{Norm: adversary.L2, Scope: adversary.Global, Where: adversary.AtMatrix})
	d.SetGradient([]float32{1, 2, 3, 4}, 0.5) // ids 0 1 2 0
	if want := []float32{2.5, 1, 1.5}; d.Grad[0] != want[0] || d.Grad[1] != want[1] || d.Grad[2] != want[2] {
		t.Errorf("gradient %v, want %v", d.Grad, want)
	}
	copy(d.Value, []float32{7, 8, 9})
	if got := d.Tokens(); got[0] != 7 || got[3] != 7 || got[2] != 9 {
		t.Errorf("tokens %v", got)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	c, err := adversary.Defaults("freelb")
	if err != nil {
		t.Fatal(err)
	}
	c.Epsilon, c.Alpha, c.Steps, c.Norm, c.Scope, c.Where, c.Fraction, c.Xi, c.Compat = 0, -1, 0, "l1", "text", "head", 2, 3, "mine"
	err = c.Validate()
	if !errors.Is(err, adversary.ErrConfig) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"adv_epsilon", "adv_alpha", "adv_steps", "adv_norm", "adv_scope", "adv_where", "adv_fraction", "adv_xi", "adv_compat"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

// flat is a network of which embeddings decide: class 1 if their sum is above
// 0. Its gradient lies, if asked to.
type flat struct {
	b    *sample.Batch
	lies bool
}

func (f flat) Batch() *sample.Batch { return f.b }
func (flat) Hidden() int            { return 1 }
func (flat) Classes() int           { return 2 }
func (f flat) Count() float64       { return float64(f.b.Sequences()) }
func (flat) Discard()               {}

func (flat) Backward(context.Context, adversary.Pass, float64) (adversary.Result, error) {
	return adversary.Result{}, errors.New("no weights")
}

func (flat) Teacher(context.Context) (adversary.Result, error) {
	return adversary.Result{}, errors.New("no teacher")
}

func (flat) Shift(context.Context, float64, func(w, g []float32, wNorm, gNorm float64)) (func() error, error) {
	return nil, errors.New("no weights")
}

func (f flat) Gradient(ctx context.Context, p adversary.Pass) (adversary.Result, error) {
	g := make([]float32, f.b.Tokens())
	for i := range f.b.Sequences() {
		for t := f.b.Offsets[i]; t < f.b.Offsets[i+1]; t++ {
			g[t] = float32(1 - 2*f.b.Labels.Int[i])
			if f.lies {
				g[t] = -g[t]
			}
		}
	}
	p.Delta.SetGradient(g, 1)
	return f.Forward(ctx, p)
}

// Forward: every token's embedding is ±1 by the label, so that a text of n
// tokens falls at an l2 radius of √n.
func (f flat) Forward(_ context.Context, p adversary.Pass) (adversary.Result, error) {
	var logits []float32
	for i := range f.b.Sequences() {
		sum := float32(0)
		for t := f.b.Offsets[i]; t < f.b.Offsets[i+1]; t++ {
			sum += float32(2*f.b.Labels.Int[i] - 1)
			if p.Delta != nil {
				sum += p.Delta.Value[t]
			}
		}
		logits = append(logits, 0, sum)
	}
	return adversary.Result{LogProbs: adversary.LogSoftmax(logits, 2)}, nil
}

// TestAttackFindsTheBorder: in a linear network examples fall exactly where
// their distance says.
func TestAttackFindsTheBorder(t *testing.T) {
	a := adversary.Attack{
		Radii: []float64{0.9, 1.8, 2.2, 3.1}, Norm: adversary.L2, Scope: adversary.PerExample, Where: adversary.AtLookup, Steps: 5, Restarts: 3, Seed: 1,
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	b := texts(4, 4, 9, 9) // borders at 2 and 3
	for lies, want := range map[bool][]int{false: {4, 4, 2, 0}, true: {4, 4, 4, 4}} {
		tallies := make([]adversary.Tally, len(a.Radii))
		victim := func(b *sample.Batch) (adversary.Passes, error) { return flat{b, lies}, nil }
		if err := a.Batch(context.Background(), victim, nil, b, tallies); err != nil {
			t.Fatal(err)
		}
		for i, tally := range tallies {
			if tally.Examples != 4 || tally.Clean != 4 || tally.PGD != want[i] || tally.FGSM != want[i] || tally.Worst != want[i] {
				t.Errorf("lies %t: radius %g: %+v, want %d", lies, a.Radii[i], tally, want[i])
			}
		}
		if suspicion := adversary.Masking(tallies); (suspicion != "") != lies {
			t.Errorf("lies %t: %q", lies, suspicion)
		}
	}
}

// TestAttackCountsTheWay: an ascent that crosses a narrow gap breaks the row,
// though it is right again at the end; only the end of another network's counts.
func TestAttackCountsTheWay(t *testing.T) {
	a := adversary.Attack{
		Radii: []float64{3.5}, Norm: adversary.L2, Scope: adversary.PerExample, Where: adversary.AtLookup, Steps: 10, Alpha: 0.1, Restarts: 1,
	}
	victim := func(b *sample.Batch) (adversary.Passes, error) { return folded{flat{b, false}}, nil }
	tallies := make([]adversary.Tally, 1)
	if err := a.Batch(context.Background(), victim, victim, texts(4, 4, 9), tallies); err != nil {
		t.Fatal(err)
	}
	if got, want := tallies[0], (adversary.Tally{Epsilon: 3.5, Examples: 3, Clean: 3, FGSM: 3, PGD: 0, Transfer: 3, Worst: 0}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// folded is flat, but right again from one unit beyond the border.
type folded struct{ flat }

func (f folded) Forward(ctx context.Context, p adversary.Pass) (adversary.Result, error) {
	out, err := f.flat.Forward(ctx, p)
	for i, y := range f.b.Labels.Int {
		row := out.LogProbs[2*i : 2*i+2]
		if row[y] < row[1-y]-1 {
			row[0], row[1] = row[1], row[0]
		}
	}
	return out, err
}

func (f folded) Gradient(ctx context.Context, p adversary.Pass) (adversary.Result, error) {
	if _, err := f.flat.Gradient(ctx, p); err != nil {
		return adversary.Result{}, err
	}
	return f.Forward(ctx, p)
}

func TestLogSoftmaxOfLargeLogits(t *testing.T) {
	p := adversary.LogSoftmax([]float32{1000, 999, -1000}, 3)
	if want := -math.Log(1 + math.Exp(-1)); math.Abs(float64(p[0])-want) > 1e-6 || math.IsInf(float64(p[2]), 0) {
		t.Errorf("%v, want %g first", p, want)
	}
}
