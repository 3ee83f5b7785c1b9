package ortrain_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// adversarialCase is case.json of a folder of vectors; see
// interop/adversary/README.md.
type adversarialCase struct {
	Case, Method string
	Params       struct {
		Where, Norm, Per, Direction, Compat, Start, Padding string
		Radius                                              *float64
		StepSize                                            float64 `json:"step_size"`
		Steps, Rounds                                       int
		StartMagnitude                                      float64   `json:"start_magnitude"`
		CleanWeight                                         float64   `json:"clean_weight"`
		AdversarialWeight                                   float64   `json:"adversarial_weight"`
		PassWeights                                         []float64 `json:"pass_weights"`
		Lambda, Mu, Beta, Xi, Alpha, Gamma, Noise, Dropout  float64
		Unlabelled                                          []int
	}
	Optimizer struct {
		Betas         []float64
		Eps           float64
		WeightDecay   float64   `json:"weight_decay"`
		Clip          float64   `json:"clip_grad_norm"`
		LearningRates []float64 `json:"learning_rates"`
	}
	SignMargin *float64 `json:"sign_margin"`
	Steps      []struct {
		Batch   int
		Loss    float64
		Updates []struct {
			GradNorm     float64 `json:"grad_norm"`
			LearningRate float64 `json:"learning_rate"`
		}
	}
	Tensors []struct {
		Name         string
		Role         string
		Float32Error float64 `json:"float32_error"`
	}
}

// config turns the settings of a case into options.
func (c *adversarialCase) config() adversary.Config {
	p := c.Params
	out := adversary.Config{Name: c.Method, Fraction: 1, Norm: adversary.Norm(p.Norm), Scope: adversary.Scope(p.Per), Where: adversary.Where(p.Where)}
	radius := math.Inf(1)
	if p.Radius != nil {
		radius = *p.Radius
	}
	version := adversary.Compat(p.Compat)
	switch c.Method {
	case "fgsm", "fgm":
		out.Epsilon, out.Weight, out.CleanWeight = radius, p.AdversarialWeight, p.CleanWeight
	case "pgd":
		out.Epsilon, out.Alpha, out.Steps, out.Init = radius, p.StepSize, p.Steps, p.StartMagnitude
		out.Weight, out.CleanWeight = p.AdversarialWeight, p.CleanWeight
	case "freelb", "freeat":
		out.Epsilon, out.Alpha, out.Steps, out.Init, out.Compat = radius, p.StepSize, p.Steps, p.StartMagnitude, version
		if c.Method == "freelb" && version == adversary.Reference && len(p.PassWeights) > p.Steps {
			out.Compat = adversary.Fairseq
		}
	case "yopo":
		out.Epsilon, out.Alpha, out.Steps, out.InnerSteps, out.Init, out.Compat = radius, p.StepSize, p.Rounds, p.Steps, p.StartMagnitude, version
	case "smart":
		out.Epsilon, out.Alpha, out.Steps, out.Init, out.Weight, out.Compat = radius, p.StepSize, p.Steps, p.StartMagnitude, p.Lambda, version
		out.Bregman, out.BregmanBeta = p.Mu, p.Beta
	case "alum":
		out.Epsilon, out.Alpha, out.Steps, out.Init, out.Weight = radius, p.StepSize, p.Steps, p.StartMagnitude, p.Lambda
	case "vat":
		out.Epsilon, out.Xi, out.Steps, out.Weight = radius, p.Xi, p.Steps, p.Lambda
	case "rdrop":
		out = adversary.Config{Name: c.Method, Fraction: 1, Weight: p.Alpha}
	case "awp":
		out = adversary.Config{Name: c.Method, Fraction: 1, Epsilon: p.Gamma, Alpha: 1, Weight: p.AdversarialWeight, CleanWeight: p.CleanWeight, Compat: version}
		if version == adversary.Clamped {
			out.Epsilon, out.Alpha = radius, p.StepSize
		}
	case "neftune":
		out.Init, out.Compat = p.Alpha, version
	case "mixup":
		out = adversary.Config{Name: c.Method, Fraction: 1, Where: out.Where, MixAlpha: 1, MixPadding: adversary.MixPadding(p.Padding)}
		if layer, ok := strings.CutPrefix(p.Where, "hidden."); ok {
			out.Where = adversary.AtHidden
			fmt.Sscan(layer, &out.Layer)
		}
	}
	if p.Start == "zero" {
		out.Init = 0
	}
	return out
}

// vectors are the tensors of a case.
type vectors struct {
	file   *safetensors.File
	limits map[string]float64
}

func (v *vectors) read(t *testing.T, name string) []float32 {
	t.Helper()
	for _, info := range v.file.Infos() {
		if info.Name != name {
			continue
		}
		out := make([]float32, info.Len())
		if err := v.file.ReadFloat32(name, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	return nil
}

// recorder keeps what passes were given and what they computed.
type recorder struct {
	adversary.Passes
	steps []recorded
}

type recorded struct {
	full, inner          bool
	delta, grad, costate []float32
}

func (r *recorder) note(p adversary.Pass, full bool, run func() (adversary.Result, error)) (adversary.Result, error) {
	s := recorded{full: full, inner: p.Costate != nil}
	if p.Delta != nil {
		s.delta = append([]float32{}, p.Delta.Value...)
	}
	out, err := run()
	if p.Delta != nil {
		s.grad = append([]float32{}, p.Delta.Grad...)
	}
	if out.Costate != nil {
		s.costate = out.Costate.Data
	}
	r.steps = append(r.steps, s)
	return out, err
}

func (r *recorder) Backward(ctx context.Context, p adversary.Pass, seed float64) (adversary.Result, error) {
	return r.note(p, true, func() (adversary.Result, error) { return r.Passes.Backward(ctx, p, seed) })
}

func (r *recorder) Gradient(ctx context.Context, p adversary.Pass) (adversary.Result, error) {
	return r.note(p, false, func() (adversary.Result, error) { return r.Passes.Gradient(ctx, p) })
}

// adversarialVectors returns the folder of the vectors.
func adversarialVectors(t *testing.T) string {
	if dir := os.Getenv("ORTRAIN_ADVERSARY_VECTORS"); dir != "" {
		return dir
	}
	return filepath.Join("..", "testdata", "adversary")
}

// TestAdversarialVectors follows every case of an independent implementation.
func TestAdversarialVectors(t *testing.T) {
	root := adversarialVectors(t)
	cases, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in %s (%v)", root, err)
	}
	for _, path := range cases {
		c := &adversarialCase{}
		readJSON(t, path, c)
		for name, v := range map[string]variant{"packed": {form: model.Packed}, "padded": {form: model.Padded}, "standard": {form: model.Packed, standard: true}} {
			if c.Method == "mixup" && v.form == model.Padded {
				continue // rows are mixed in packed graphs only
			}
			if c.Params.Dropout > 0 && v.form == model.Packed {
				continue // the masks are those of rectangles
			}
			t.Run(c.Case+" "+name, func(t *testing.T) { followCase(t, root, filepath.Dir(path), c, v) })
		}
	}
}

func followCase(t *testing.T, root, dir string, c *adversarialCase, v variant) {
	method := optim.AdamW{Mode: native.Torch, Beta1: c.Optimizer.Betas[0], Beta2: c.Optimizer.Betas[1], Epsilon: c.Optimizer.Eps}
	n := openDropping(t, filepath.Join(root, "model"), c.Params.Dropout, v.form, ortrain.NetworkOptions{
		Method: method, Rates: optim.Decay(c.Optimizer.WeightDecay), Threads: 2, Standard: v.standard,
	})
	f, err := safetensors.Open(filepath.Join(dir, "tensors.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := &vectors{file: f, limits: make(map[string]float64)}
	for _, x := range c.Tensors {
		want.limits[x.Name] = max(1e-5, 8*x.Float32Error)
	}
	follow := &follower{t: t, c: c, net: n, want: want, batches: goldenBatches(t, filepath.Join(root, "batches.json"), c.Params.Unlabelled)}
	if c.Method != "plain" {
		if follow.perturber, err = adversary.New(c.config(), 1); err != nil {
			t.Fatal(err)
		}
		if err := n.Prepare(follow.perturber.Needs()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range c.Steps {
		follow.step(i)
	}
	if err := n.Settle(); err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Tensors {
		if name, ok := strings.CutPrefix(x.Name, "final."); ok {
			follow.weights(name, want.read(t, x.Name), 8*x.Float32Error)
		}
	}
}

// openDropping opens a network with a probability of dropout of its own.
func openDropping(t *testing.T, dir string, p float64, form model.Form, opts ortrain.NetworkOptions) *ortrain.Network {
	t.Helper()
	config, err := model.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	config.HiddenDropoutProb, config.AttentionProbsDropoutProb = p, p
	if config.ClassifierDropout != nil {
		config.ClassifierDropout = &p
	}
	n, err := ortrain.Blueprint{Config: config, Form: form}.Network(orttest.Env(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, n.Close) })
	if _, err := n.ReadPretrained(dir); err != nil {
		t.Fatal(err)
	}
	return n
}

// goldenBatches packs the batches of a file of vectors.
func goldenBatches(t *testing.T, path string, unlabelled []int) []*sample.Batch {
	g := &goldenCase{}
	readJSON(t, path, g)
	var out []*sample.Batch
	for i := range g.Batches {
		b := g.batch(i)
		for _, row := range unlabelled {
			b.Labels.Int[row] = sample.Ignore
		}
		out = append(out, b)
	}
	return out
}

// follower repeats the steps of a case.
type follower struct {
	t         *testing.T
	c         *adversarialCase
	net       *ortrain.Network
	want      *vectors
	batches   []*sample.Batch
	perturber *adversary.Perturber
	prefix    string
}

func (f *follower) step(i int) {
	ctx, s := context.Background(), f.c.Steps[i]
	f.prefix = fmt.Sprintf("step%d.", i+1)
	b := f.batches[s.Batch]
	rec := &recorder{}
	loss := 0.0
	for u, update := range s.Updates {
		passes, err := f.net.Passes(b, i+1, 0)
		if err != nil {
			f.t.Fatal(err)
		}
		rec.Passes = passes
		mean, count, err := f.accumulate(ctx, rec, adversary.At{Step: i + 1, Replay: u})
		if err != nil {
			f.t.Fatal(err)
		}
		loss += mean
		f.gradients(u+1, count)
		norm, err := f.net.Update(ctx, ortrain.Update{LearningRate: update.LearningRate, MaxGradNorm: f.c.Optimizer.Clip, N: count})
		if err != nil {
			f.t.Fatal(err)
		}
		if err := f.net.Follow(f.c.Params.Beta); err != nil {
			f.t.Fatal(err)
		}
		if math.Abs(norm-update.GradNorm) > 2e-5*update.GradNorm {
			f.t.Errorf("%supdate%d: norm %g, want %g", f.prefix, u+1, norm, update.GradNorm)
		}
	}
	if math.Abs(loss-s.Loss) > 1e-5*max(1, math.Abs(s.Loss)) {
		f.t.Errorf("%sloss %g, want %g", f.prefix, loss, s.Loss)
	}
	f.perturbations(rec, b)
}

// accumulate runs the method with the draws of the case.
func (f *follower) accumulate(ctx context.Context, rec *recorder, at adversary.At) (float64, float64, error) {
	if f.perturber == nil {
		out, err := rec.Backward(ctx, adversary.Pass{}, rec.Count())
		return out.Loss, rec.Count(), err
	}
	f.perturber.Give(adversary.Given{
		Noise: func(d *adversary.Delta) {
			copy(d.Value, pack(rec.Batch(), f.want.read(f.t, f.prefix+"noise"), rec.Hidden()))
		},
		Mix: func(rows int) ([]int, []float64) {
			partner, own := make([]int, rows), make([]float64, rows)
			order := f.want.ints(f.t, f.prefix+"permutation")
			for i, x := range f.want.read(f.t, f.prefix+"lambda") {
				partner[i], own[i] = int(order[i]), float64(x)
			}
			return partner, own
		},
	})
	if f.c.Params.Dropout > 0 {
		f.net.GiveMasks(f.mask)
	}
	if f.c.Method == "rdrop" && f.c.Params.Noise > 0 {
		return f.twins(ctx, rec)
	}
	return f.perturber.Accumulate(ctx, rec, at)
}

// mask writes the given mask of a site of the padded graph: that of one pass, or
// those of two one after another. The last layer computes first tokens only.
func (f *follower) mask(site int, dims []int64, dst []uint8) bool {
	sites := []string{"embedding"}
	for i := range 2 {
		for _, name := range []string{"probabilities", "attention", "output"} {
			sites = append(sites, fmt.Sprintf("layer.%d.%s", i, name))
		}
	}
	name := append(sites, "pooled")[site]
	var all []uint8
	for _, prefix := range []string{"", "pass1.", "pass2."} {
		if m := f.want.bytes(f.t, f.prefix+prefix+"mask."+name); m != nil {
			all = append(all, m...)
		}
	}
	if len(all) == len(dst) {
		copy(dst, all)
		return true
	}
	// One query or token of each S: every S-th stretch.
	width, s := int(dims[len(dims)-1]), len(all)/len(dst)
	for i := range len(dst) / width {
		copy(dst[i*width:(i+1)*width], all[i*s*width:])
	}
	return true
}

// bytes reads a mask, nil if there is none.
func (v *vectors) bytes(t *testing.T, name string) []uint8 {
	t.Helper()
	if _, ok := v.file.Lookup(name); !ok {
		return nil
	}
	r, err := v.file.Section(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// twins is R-Drop with perturbations in the place of dropout masks.
func (f *follower) twins(ctx context.Context, rec *recorder) (float64, float64, error) {
	d := adversary.NewDelta(adversary.Twice(rec.Batch()), rec.Hidden(), adversary.Config{Where: adversary.AtLookup})
	half := len(d.Value) / 2
	for i, name := range []string{"pass1.delta", "pass2.delta"} {
		copy(d.Value[i*half:], pack(rec.Batch(), f.want.read(f.t, f.prefix+name), rec.Hidden()))
	}
	out, err := rec.Passes.Backward(ctx, adversary.Pass{Delta: d, CE: 1, Twin: &f.c.Params.Alpha}, rec.Count())
	return out.Loss, rec.Count(), err
}

// pack takes the tokens out of a rectangle [B,S,H].
func pack(b *sample.Batch, x []float32, width int) []float32 {
	if x == nil {
		return nil
	}
	s := len(x) / width / b.Sequences()
	var out []float32
	for i := range b.Sequences() {
		n := int(b.Offsets[i+1] - b.Offsets[i])
		out = append(out, x[i*s*width:(i*s+n)*width]...)
	}
	return out
}

func (v *vectors) ints(t *testing.T, name string) []int64 {
	t.Helper()
	r, err := v.file.Section(name)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int64, r.Size()/8)
	if err := binary.Read(r, binary.LittleEndian, out); err != nil {
		t.Fatal(err)
	}
	return out
}
