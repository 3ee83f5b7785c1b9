package ortrain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	spec "github.com/ortrain/ortrain/ortrain/variant"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// memory is Data over batches that are shuffled by epoch.
type memory []*sample.Batch

func (m memory) Batches() int { return len(m) }

func (m memory) Examples() int64 {
	n := 0
	for _, b := range m {
		n += b.Sequences()
	}
	return int64(n)
}

func (m memory) Epoch(_ context.Context, from sample.Cursor) (ortrain.Batches, error) {
	order := random.New(7, random.Order, uint32(from.Epoch), 0, 0).Perm(len(m))
	return &memoryBatches{m, order, from}, nil
}

type memoryBatches struct {
	data  memory
	order []int
	at    sample.Cursor
}

func (b *memoryBatches) Next(context.Context) (*sample.Batch, error) {
	if b.at.Batch >= len(b.order) {
		return nil, io.EOF
	}
	batch := *b.data[b.order[b.at.Batch]]
	b.at.Batch++
	b.at.Examples += int64(batch.Sequences())
	batch.Cursor = b.at
	return &batch, nil
}

func (b *memoryBatches) Close() error { return nil }

// fake is an engine whose losses are given.
type fake struct {
	losses  []float64
	evals   []float64
	updates []ortrain.Update
	fail    error
	evaled  int
}

func (f *fake) Accumulate(_ context.Context, b *sample.Batch, step, micro int) (ortrain.Loss, error) {
	return ortrain.Loss{Mean: f.losses[(step-1)%len(f.losses)], N: float64(b.Sequences())}, nil
}

func (f *fake) Update(_ context.Context, u ortrain.Update) (float64, error) {
	if f.fail != nil {
		return 0, f.fail
	}
	f.updates = append(f.updates, u)
	return 1, nil
}

func (f *fake) Evaluate(context.Context, *sample.Batch) (ortrain.Outputs, error) {
	v := f.evals[min(f.evaled, len(f.evals)-1)]
	f.evaled++
	return ortrain.Outputs{Loss: ortrain.Loss{Mean: v, N: 1}}, nil
}

func (f *fake) Settle() error { return nil }

// stores counts what was saved.
type stores struct {
	steps, best []int
	loaded      int
}

func (s *stores) Save(_ context.Context, st ortrain.State, best bool) (func() (string, error), error) {
	return func() (string, error) {
		s.steps = append(s.steps, st.Step)
		if best {
			s.best = append(s.best, st.Step)
		}
		return fmt.Sprintf("checkpoint-%d", st.Step), nil
	}, nil
}

func (s *stores) LoadBest(_ context.Context, step int) error { s.loaded = step; return nil }

func oneSequence(n int) memory {
	var m memory
	for i := range n {
		m = append(m, &sample.Batch{
			IDs: []int64{1}, TypeIDs: []int64{0}, Positions: []int64{0}, Offsets: []int32{0, 1},
			Labels: sample.Labels{Int: []int64{0}, Shape: []int64{1}}, Row: []uint64{uint64(100 + i)}, Copy: []uint16{0},
		})
	}
	return m
}

func TestPlanCountsStepsAsHuggingFaceDoes(t *testing.T) {
	for _, c := range []struct {
		batches, accumulate, maxSteps int
		epochs                        float64
		want                          int
	}{
		{10, 1, -1, 3, 30}, {10, 4, -1, 3, 9}, {10, 1, 7, 3, 7}, {10, 1, -1, 0.25, 3},
	} {
		cfg := ortrain.DefaultConfig()
		cfg.NumTrainEpochs, cfg.MaxSteps, cfg.GradientAccumulationSteps, cfg.SaveStrategy = c.epochs, c.maxSteps, c.accumulate, ortrain.Never
		tr, err := ortrain.New(cfg, ortrain.Parts{Engine: &fake{}, Train: oneSequence(c.batches)})
		if err != nil {
			t.Fatal(err)
		}
		if got := tr.Plan().Steps; got != c.want {
			t.Errorf("%+v: %d steps", c, got)
		}
	}
}

func TestAccumulationEndsWithTheEpoch(t *testing.T) {
	e := &fake{losses: []float64{1}}
	cfg := ortrain.DefaultConfig()
	cfg.NumTrainEpochs, cfg.GradientAccumulationSteps, cfg.SaveStrategy = 1, 4, ortrain.Never
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: oneSequence(10)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var n []float64
	for _, u := range e.updates {
		n = append(n, u.N)
	}
	if !slices.Equal(n, []float64{4, 4, 2}) {
		t.Errorf("labels of the steps: %v", n)
	}
}

// The steps of a resumed run are told apart from those before it.
func TestResultOfAResumedRun(t *testing.T) {
	cfg := ortrain.DefaultConfig()
	cfg.NumTrainEpochs, cfg.SaveStrategy = 1, ortrain.Never
	before := ortrain.State{Step: 3, Cursor: sample.Cursor{Batch: 3, Examples: 3}, Seed: cfg.Seed, LossSum: 15, LossSteps: 3}
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: &fake{losses: []float64{1}}, Train: oneSequence(5), Resume: before})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tr.Run(context.Background())
	if err != nil || r.Steps != 5 || r.RanSteps != 2 || r.Examples != 2 || r.TrainLoss != 17.0/5 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBestCheckpointAndEarlyStopping(t *testing.T) {
	e := &fake{losses: []float64{1}, evals: []float64{0.9, 0.5, 0.6, 0.7, 0.4}}
	s := &stores{}
	cfg := ortrain.DefaultConfig()
	cfg.NumTrainEpochs, cfg.EvalStrategy, cfg.SaveStrategy = 5, ortrain.EachEpoch, ortrain.EachEpoch
	cfg.LoadBestModelAtEnd, cfg.EarlyStoppingPatience = true, 2
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: oneSequence(2), Eval: oneSequence(1), Store: s})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tr.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if r.Stopped != ortrain.StoppedEarly || r.Steps != 8 || r.BestStep != 4 || r.BestMetric != 0.5 || s.loaded != 4 {
		t.Errorf("%+v, loaded %d", r, s.loaded)
	}
	if !slices.Equal(s.best, []int{2, 4}) || !slices.Equal(s.steps, []int{2, 4, 6, 8}) {
		t.Errorf("saved %v, best %v", s.steps, s.best)
	}
}

func TestUnknownMetricIsNamed(t *testing.T) {
	cfg := ortrain.DefaultConfig()
	cfg.EvalStrategy, cfg.SaveStrategy, cfg.LoadBestModelAtEnd, cfg.MetricForBestModel = ortrain.EachEpoch, ortrain.EachEpoch, true, "eval_acuracy"
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: &fake{losses: []float64{1}, evals: []float64{1}}, Train: oneSequence(2), Eval: oneSequence(1), Store: &stores{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Run(context.Background()); !errors.Is(err, ortrain.ErrConfig) || !strings.Contains(err.Error(), "acuracy") {
		t.Errorf("got %v", err)
	}
}

func TestLossThatIsNotANumber(t *testing.T) {
	for name, e := range map[string]*fake{
		"loss":     {losses: []float64{1, math.NaN()}},
		"gradient": {losses: []float64{1}, fail: ortrain.ErrNotFinite},
	} {
		cfg := ortrain.DefaultConfig()
		cfg.SaveStrategy, cfg.SaveSteps = ortrain.EverySome, 1
		tr, err := ortrain.New(cfg, ortrain.Parts{Engine: e, Train: oneSequence(5), Store: &stores{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.Run(context.Background())
		if !errors.Is(err, ortrain.ErrNotFinite) || !strings.Contains(err.Error(), "rows [10") || !strings.Contains(err.Error(), "step ") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "loss" && (len(e.updates) != 1 || !strings.Contains(err.Error(), "checkpoint-1")) {
			t.Errorf("%d updates; %v", len(e.updates), err)
		}
	}
}

// A checkpoint that could not be written is not passed over because the loss is
// wrong too.
func TestLossThatIsNotANumberAndFullDisk(t *testing.T) {
	full, events := errors.New("disk full"), []string(nil)
	store := slowStore{&events, make(chan error, 1)}
	cfg := ortrain.DefaultConfig()
	cfg.SaveStrategy, cfg.SaveSteps = ortrain.EverySome, 1
	tr, err := ortrain.New(cfg, ortrain.Parts{
		Engine: failing{&fake{losses: []float64{1, math.NaN()}}, func() { store.allow <- full }}, Train: oneSequence(5), Store: store,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = tr.Run(context.Background()); !errors.Is(err, ortrain.ErrNotFinite) || !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

// failing calls a function at the second step.
type failing struct {
	*fake
	second func()
}

func (f failing) Accumulate(ctx context.Context, b *sample.Batch, step, micro int) (ortrain.Loss, error) {
	if step == 2 {
		f.second()
	}
	return f.fake.Accumulate(ctx, b, step, micro)
}

func TestStopSavesTheStepUnderWay(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	s := &stores{}
	cfg := ortrain.DefaultConfig()
	tr, err := ortrain.New(cfg, ortrain.Parts{Engine: &fake{losses: []float64{1}}, Train: oneSequence(5), Store: s, Stop: stop})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tr.Run(context.Background())
	if err != nil || r.Stopped != ortrain.StoppedBySignal || !slices.Equal(s.steps, []int{1}) {
		t.Errorf("%+v, saved %v, %v", r, s.steps, err)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	cfg := ortrain.DefaultConfig()
	cfg.LearningRate, cfg.AdamBeta1, cfg.EvalStrategy, cfg.LoggingSteps = -1, 1, "sometimes", 0
	err := cfg.Validate()
	for _, want := range []string{"learning_rate", "adam_beta1", "eval_strategy", "logging_steps"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in %v", want, err)
		}
	}
	cfg = ortrain.DefaultConfig()
	cfg.LoadBestModelAtEnd = true
	if err := cfg.Validate(); err == nil {
		t.Error("the best of no evaluations was accepted")
	}
}

// trained runs a tiny BERT with dropout and returns its final weights.
func trained(t *testing.T, dir string, change func(*ortrain.Config), data ortrain.Data, kill int) []byte {
	t.Helper()
	cfg := ortrain.DefaultConfig()
	cfg.NumTrainEpochs, cfg.LearningRate, cfg.SaveSteps, cfg.WeightDecay = 3, 1e-3, 4, 0.01
	change(&cfg)
	var final []byte
	run := func(stopAt int, resume bool) {
		n := dropoutNetwork(t)
		defer n.Close()
		cs, err := checkpoint.Open(dir, checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cs.Close()
		store := ortrain.NewRunStore(n, cs, dir)
		parts := ortrain.Parts{Engine: n, Train: data, Eval: randomBatches(2), Store: store}
		if resume {
			c, _, err := checkpoint.Auto(context.Background(), nil, dir)
			if err != nil {
				t.Fatal(err)
			}
			if parts.Resume, err = store.Resume(c); err != nil {
				t.Fatal(err)
			}
		}
		stop := make(chan struct{})
		parts.Stop = stop
		parts.Observer = stopper{stop: stop, at: stopAt}
		tr, err := ortrain.New(cfg, parts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		final = final[:0]
		for _, name := range n.Names() {
			for _, x := range n.Weight(name) {
				b := math.Float32bits(x)
				final = append(final, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
			}
		}
	}
	if kill > 0 {
		run(kill, false)
		run(0, true)
	} else {
		run(0, false)
	}
	return slices.Clone(final)
}

// perturbable is a fake that a disturbed run can be planned with.
type perturbable struct{ ortrain.Perturbable }

func (perturbable) Prepare([]spec.Spec) error { return nil }

// The budget counts plain micro-batches once and disturbed ones as often as their
// passes.
func TestBudgetOfPasses(t *testing.T) {
	for _, c := range []struct{ start, resumed, cost int }{
		{0, 0, 45},  // 30 micro-batches of 1.5 passes
		{1, 0, 40},  // 10 of 1, then 20
		{1, 14, 24}, // 16, in the middle of what is disturbed
		{9, 0, 30},
	} {
		cfg := ortrain.DefaultConfig()
		cfg.NumTrainEpochs, cfg.SaveStrategy = 3, ortrain.Never
		var err error
		if cfg.Adversary, err = adversary.Defaults("fgm"); err != nil { // two passes
			t.Fatal(err)
		}
		cfg.Adversary.StartEpoch, cfg.Adversary.Fraction = c.start, 0.5
		parts := ortrain.Parts{Engine: perturbable{}, Train: oneSequence(10), Resume: ortrain.State{Step: c.resumed, Seed: cfg.Seed}}
		cfg.Adversary.Budget = c.cost
		if _, err := ortrain.New(cfg, parts); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		cfg.Adversary.Budget--
		if _, err := ortrain.New(cfg, parts); !errors.Is(err, ortrain.ErrConfig) || !strings.Contains(err.Error(), fmt.Sprintf("about %d passes", c.cost)) {
			t.Errorf("%+v with less: %v", c, err)
		}
	}
}

// stopper closes its channel after a step.
type stopper struct {
	stop chan struct{}
	at   int
}

func (s stopper) Begin(ortrain.Plan) {}
func (s stopper) Step(r ortrain.Step) {
	if r.Step == s.at {
		close(s.stop)
	}
}
func (s stopper) Evaluated(ortrain.Evaluation) {}
func (s stopper) Saved(ortrain.Saved)          {}
func (s stopper) End(ortrain.Result)           {}

// dropoutNetwork is a tiny BERT that drops, over weights drawn from a seed.
func dropoutNetwork(t *testing.T) *ortrain.Network {
	t.Helper()
	c, err := model.ParseConfig([]byte(`{"model_type":"bert","vocab_size":60,"hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,
		"intermediate_size":32,"max_position_embeddings":24,"hidden_dropout_prob":0.1,"attention_probs_dropout_prob":0.1}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetLabels([]string{"a", "b", "c"}); err != nil {
		t.Fatal(err)
	}
	set, params := buildSet(t, c, model.Packed)
	var list []ortrain.Parameter
	for _, p := range params {
		list = append(list, ortrain.Parameter{Name: p.Name, Shape: p.Shape, Trainable: true})
	}
	n, err := ortrain.NewNetwork(orttest.Env(t), set, list, ortrain.NetworkOptions{Rates: optim.Decay(0.01), Seed: 42, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range params {
		p.Draw(3, n.Weight(p.Name))
	}
	return n
}

// randomBatches are packed batches of varying lengths.
func randomBatches(count int) memory {
	r := random.New(5, random.Generate, 0, 0, 0)
	var m memory
	for k := range count {
		b := &sample.Batch{Offsets: []int32{0}}
		for i := range 3 {
			length := 2 + r.IntN(9)
			for s := range length {
				b.IDs, b.TypeIDs, b.Positions = append(b.IDs, int64(r.IntN(60))), append(b.TypeIDs, 0), append(b.Positions, int64(s))
			}
			b.Offsets = append(b.Offsets, int32(len(b.IDs)))
			b.Labels.Int = append(b.Labels.Int, int64(r.IntN(3)))
			b.Row, b.Copy = append(b.Row, uint64(3*k+i)), append(b.Copy, 0)
		}
		b.Labels.Shape = []int64{3}
		m = append(m, b)
	}
	return m
}

// The same seed gives the same bytes, whatever is evaluated or saved on the
// way, and from whatever step a run goes on.
func TestSameSeedSameBytes(t *testing.T) {
	data := randomBatches(7)
	plain := func(*ortrain.Config) {}
	want := trained(t, t.TempDir(), plain, data, 0)
	if again := trained(t, t.TempDir(), plain, data, 0); !slices.Equal(want, again) {
		t.Fatal("two equal runs differ")
	}
	for name, change := range map[string]func(*ortrain.Config){
		"evaluated often": func(c *ortrain.Config) { c.EvalStrategy, c.EvalSteps = ortrain.EverySome, 2 },
		"saved often":     func(c *ortrain.Config) { c.SaveSteps = 1 },
		"never saved":     func(c *ortrain.Config) { c.SaveStrategy = ortrain.Never },
	} {
		if got := trained(t, t.TempDir(), change, data, 0); !slices.Equal(want, got) {
			t.Errorf("%s: other weights", name)
		}
	}
	for step := 1; step <= 20; step++ {
		if got := trained(t, t.TempDir(), plain, data, step); !slices.Equal(want, got) {
			t.Errorf("stopped after step %d and resumed: other weights", step)
		}
	}
}

func TestResumeWithAccumulation(t *testing.T) {
	data := randomBatches(7)
	twice := func(c *ortrain.Config) { c.GradientAccumulationSteps = 2 }
	want := trained(t, t.TempDir(), twice, data, 0)
	for _, step := range []int{1, 4, 5, 7} {
		if got := trained(t, t.TempDir(), twice, data, step); !slices.Equal(want, got) {
			t.Errorf("stopped after step %d and resumed: other weights", step)
		}
	}
}

// Two micro-batches give the step of one batch that holds both, without
// dropout, whatever their sizes.
func TestAccumulationEqualsTheBigBatch(t *testing.T) {
	dir := shared(t, "testdata", "golden", "bert-cls")
	c := readCase(t, dir)
	ctx := context.Background()
	whole := openNetwork(t, dir, model.Packed, ortrain.NetworkOptions{Threads: 2})
	parts := openNetwork(t, dir, model.Packed, ortrain.NetworkOptions{Threads: 2})
	b := c.batch(0)
	loss, err := whole.Accumulate(ctx, b, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	normWhole, err := whole.Update(ctx, ortrain.Update{LearningRate: 1e-3, MaxGradNorm: 1, N: loss.N})
	if err != nil {
		t.Fatal(err)
	}
	var sum, n float64
	for micro, span := range [][2]int{{0, 1}, {1, 5}} {
		l, err := parts.Accumulate(ctx, cut(b, span[0], span[1]), 1, micro)
		if err != nil {
			t.Fatal(err)
		}
		sum, n = sum+l.Mean*l.N, n+l.N
	}
	normParts, err := parts.Update(ctx, ortrain.Update{LearningRate: 1e-3, MaxGradNorm: 1, N: n})
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(sum/n - loss.Mean); d > 1e-6 {
		t.Errorf("loss differs by %.3g", d)
	}
	if d := math.Abs(normParts - normWhole); d > 1e-6 {
		t.Errorf("gradient norm differs by %.3g", d)
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

func TestEvaluateWithoutLabels(t *testing.T) {
	n := dropoutNetwork(t)
	defer n.Close()
	b := *randomBatches(1)[0]
	with, err := n.Evaluate(context.Background(), &b)
	if err != nil {
		t.Fatal(err)
	}
	logits := slices.Clone(with.Logits)
	b.Labels = sample.Labels{}
	without, err := n.Evaluate(context.Background(), &b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(logits, without.Logits) || without.Loss != (ortrain.Loss{}) {
		t.Errorf("logits %v and loss %+v; want %v and no loss", without.Logits, without.Loss, logits)
	}
}

func TestDamagedCheckpointIsRefusedByName(t *testing.T) {
	n := dropoutNetwork(t)
	defer n.Close()
	path := filepath.Join(t.TempDir(), "nothing")
	if err := n.LoadCheckpoint(path); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("got %v", err)
	}
}

func ExampleConfig_Validate() {
	c := ortrain.DefaultConfig()
	c.EarlyStoppingPatience = 2
	fmt.Println(c.Validate() != nil)
	// Output: true
}
