package ortrain_test

import (
	"context"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// bump fills a perturbation with small numbers.
func bump(d *adversary.Delta, size float64) {
	s := random.New(5, random.Perturb, 0, 0, 0)
	for i := range d.Value {
		d.Value[i] = float32(size * s.Normal())
	}
}

// TestDeltaGradient compares the gradient of a perturbation with central
// differences of the loss, in every form and place.
func TestDeltaGradient(t *testing.T) {
	dir := shared(t, "testdata", "golden", "bert-cls")
	b := readCase(t, dir).batch(0)
	for name, v := range map[string]variant{
		"packed":          {form: model.Packed},
		"padded":          {form: model.Padded},
		"packed standard": {form: model.Packed, standard: true},
	} {
		for _, where := range []adversary.Where{adversary.AtLookup, adversary.AtOutput, adversary.AtMatrix} {
			t.Run(name+" "+string(where), func(t *testing.T) {
				n := openNetwork(t, dir, v.form, ortrain.NetworkOptions{Standard: v.standard, Threads: 2})
				checkDeltaGradient(t, n, b, where)
			})
		}
	}
}

func checkDeltaGradient(t *testing.T, n *ortrain.Network, b *sample.Batch, where adversary.Where) {
	t.Helper()
	ctx := context.Background()
	p, err := n.Passes(b, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := adversary.NewDelta(b, p.Hidden(), adversary.Config{Where: where, Norm: adversary.L2, Scope: adversary.Global})
	bump(d, 0.1)
	full, err := p.Backward(ctx, adversary.Pass{Delta: d}, p.Count())
	if err != nil {
		t.Fatal(err)
	}
	whole := append([]float32{}, d.Grad...)
	clear(d.Grad)
	if only, err := p.Gradient(ctx, adversary.Pass{Delta: d}); err != nil || math.Abs(only.Loss-full.Loss) > 1e-6 {
		t.Fatalf("losses %g and %g (%v)", full.Loss, only.Loss, err)
	}
	top := 0.0
	for _, g := range whole {
		top = max(top, math.Abs(float64(g)))
	}
	for i, g := range d.Grad {
		if math.Abs(float64(g-whole[i])) > 1e-5*top {
			t.Fatalf("element %d: %g with weight gradients, %g without; largest %g", i, whole[i], g, top)
		}
	}
	grad := d.Grad
	d.Grad = make([]float32, len(grad))
	const h = 2e-2
	for i := 0; i < len(grad); i += len(grad)/17 + 1 {
		at := d.Value[i]
		var side [2]float64
		for k, sign := range []float32{1, -1} {
			d.Value[i] = at + sign*h
			out, err := p.Forward(ctx, adversary.Pass{Delta: d})
			if err != nil {
				t.Fatal(err)
			}
			side[k] = out.Loss
		}
		d.Value[i] = at
		if got := (side[0] - side[1]) / (2 * h); math.Abs(got-float64(grad[i])) > 0.02*top {
			t.Errorf("element %d: gradient %g, differences %g; largest %g", i, grad[i], got, top)
		}
	}
}

// TestDeltaGradientOfficialArtifacts perturbs a graph that others made.
func TestDeltaGradientOfficialArtifacts(t *testing.T) {
	dir := shared(t, "testdata", "ort-artifacts", "tiny-bert-1.19.2")
	b := readCase(t, shared(t, "testdata", "golden", "bert-cls")).batch(0)
	both(t, func(t *testing.T, opts ortrain.NetworkOptions) {
		n, _ := openArtifacts(t, dir, artifact.DefaultFiles(), opts)
		checkDeltaGradient(t, n, b, adversary.AtLookup)
		checkDeltaGradient(t, n, b, adversary.AtOutput)
	})
}

// TestAdversaryFGM follows FGM by hand: two plain runs of the sum of whose
// gradients the update is made.
func TestAdversaryFGM(t *testing.T) {
	dir := shared(t, "testdata", "golden", "bert-cls")
	c := readCase(t, dir)
	n := openNetwork(t, dir, model.Packed, ortrain.NetworkOptions{Rates: optim.Decay(0.01), Threads: 2})
	options, err := adversary.Defaults("fgm")
	if err != nil {
		t.Fatal(err)
	}
	options.Epsilon = 0.5
	perturber, err := adversary.New(options, 42)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for step := range 2 {
		p, err := n.Passes(c.batch(step), step+1, 0)
		if err != nil {
			t.Fatal(err)
		}
		mean, count, err := perturber.Accumulate(ctx, p, adversary.At{Step: step + 1})
		if err != nil {
			t.Fatal(err)
		}
		norm, err := n.Update(ctx, ortrain.Update{LearningRate: 1e-3, MaxGradNorm: 1, N: count})
		if err != nil {
			t.Fatal(err)
		}
		if step == 0 && (mean < 2*c.Loss || norm <= c.GradNorms[0]) {
			t.Errorf("loss %g and norm %g; the clean pass alone has %g and %g", mean, norm, c.Loss, c.GradNorms[0])
		}
		t.Logf("loss %g norm %g", mean, norm)
	}
}
