package optim_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
)

func goodGradients() optim.Gradients {
	s := random.New(3, random.Init, 0, 0, 0)
	return optim.Gradients{
		{Rows: []native.RowPart{{Index: []int64{9, 4, 9}, Rows: normal(s, 3*width, 1)}}},
		{},
		{Dense: normal(s, 50, 1)},
	}
}

// snapshot copies all that a step may change.
func snapshot(params []optim.Parameter, o *optim.Optimizer) [][]float32 {
	var all [][]float32
	for _, p := range params {
		all = append(all, clone(p.Data))
	}
	for _, m := range o.State().Moments {
		all = append(all, clone(m.Data))
	}
	return all
}

func TestRefusedStepsChangeNothing(t *testing.T) {
	info := optim.StepInfo{LR: 1e-2, Divisor: 2, MaxNorm: 1}
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for name, c := range map[string]struct {
		change func(g optim.Gradients) optim.Gradients
		info   optim.StepInfo
		cancel bool
		want   error
	}{
		"NaN in a dense gradient": {change: func(g optim.Gradients) optim.Gradients { g[2].Dense[49] = nan; return g }, want: optim.ErrNotFinite},
		"Inf in a row":            {change: func(g optim.Gradients) optim.Gradients { g[0].Rows[0].Rows[width] = inf; return g }, want: optim.ErrNotFinite},
		"row outside":             {change: func(g optim.Gradients) optim.Gradients { g[0].Rows[0].Index[1] = height; return g }, want: optim.ErrGradient},
		"row part too short":      {change: func(g optim.Gradients) optim.Gradients { g[0].Rows[0].Rows = g[0].Rows[0].Rows[1:]; return g }, want: optim.ErrGradient},
		"missing gradient":        {change: func(g optim.Gradients) optim.Gradients { g[2].Dense = nil; return g }, want: optim.ErrGradient},
		"short gradient":          {change: func(g optim.Gradients) optim.Gradients { g[2].Dense = g[2].Dense[1:]; return g }, want: optim.ErrGradient},
		"short table gradient":    {change: func(g optim.Gradients) optim.Gradients { g[0].Dense = make([]float32, 3); return g }, want: optim.ErrGradient},
		"rows for no table":       {change: func(g optim.Gradients) optim.Gradients { g[2].Rows = g[0].Rows; return g }, want: optim.ErrGradient},
		"too few gradients":       {change: func(g optim.Gradients) optim.Gradients { return g[:2] }, want: optim.ErrGradient},
		"divisor 0":               {info: optim.StepInfo{LR: 1, MaxNorm: 1}, want: optim.ErrConfig},
		"rate NaN":                {info: optim.StepInfo{LR: math.NaN(), Divisor: 1}, want: optim.ErrConfig},
		"norm NaN":                {info: optim.StepInfo{LR: 1, Divisor: 1, MaxNorm: math.NaN()}, want: optim.ErrConfig},
		"cancelled":               {cancel: true, want: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s := random.New(4, random.Init, 0, 0, 0)
			params := tableParams(normal(s, height*width, 1), normal(s, 50, 1), true, true)
			o := newOptimizer(t, native.New(2), params, optim.DefaultAdamW(), optim.Decay(0.1))
			for range 3 {
				if _, err := o.Step(t.Context(), goodGradients(), info); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(params, o)
			g := goodGradients()
			if c.change != nil {
				g = c.change(g)
			}
			if c.info == (optim.StepInfo{}) {
				c.info = info
			}
			ctx, cancel := context.WithCancel(t.Context())
			if c.cancel {
				cancel()
			}
			defer cancel()
			if _, err := o.Step(ctx, g, c.info); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			for i, x := range snapshot(params, o) {
				sameBits(t, "array", x, before[i])
			}
			if o.StepCount() != 3 {
				t.Errorf("%d steps", o.StepCount())
			}
		})
	}
}

func TestNotFiniteNamesTheParameter(t *testing.T) {
	o := newOptimizer(t, native.New(1), tableParams(make([]float32, height*width), make([]float32, 50), true, true), optim.SGD{}, nil)
	g := goodGradients()
	g[2].Dense[7] = float32(math.Inf(1))
	_, err := o.Step(t.Context(), g, optim.StepInfo{Divisor: 1})
	var bad *optim.NotFiniteError
	if !errors.As(err, &bad) || bad.Parameter != "body.weight" || bad.Step != 1 {
		t.Errorf("got %v", err)
	}
}

// Norm and clipping as torch.nn.utils.clip_grad_norm_ defines them, on
// gradients divided by Divisor.
func TestNormAndClipping(t *testing.T) {
	for _, c := range []struct {
		divisor, maxNorm, norm, clip float64
	}{{1, 0, 5, 1}, {1, 10, 5, 1}, {1, 1, 5, 1 / (5 + 1e-6)}, {5, 1, 1, 1 / (1 + 1e-6)}, {2, 1, 2.5, 1 / (2.5 + 1e-6)}} {
		w := []float32{1, 1, 1}
		params := []optim.Parameter{
			{Name: "a", Data: w[:2], Shape: []int64{2, 1}, Trainable: true, Rows: true},
			{Name: "b", Data: w[2:], Shape: []int64{}, Trainable: true},
		}
		o := newOptimizer(t, native.New(1), params, optim.SGD{}, nil)
		g := optim.Gradients{{Rows: []native.RowPart{{Index: []int64{1}, Rows: []float32{3}}}}, {Dense: []float32{-4}}}
		stats, err := o.Step(t.Context(), g, optim.StepInfo{LR: 0.1, Divisor: c.divisor, MaxNorm: c.maxNorm})
		if err != nil {
			t.Fatal(err)
		}
		if stats.Step != 1 || math.Abs(stats.GradNorm-c.norm) > 1e-12 || math.Abs(stats.Clip-c.clip) > 1e-12 {
			t.Errorf("%+v: %+v", c, stats)
		}
		f := 0.1 * c.clip / c.divisor
		near(t, "w", w, []float64{1, 1 - 3*f, 1 + 4*f}, 1e-6)
	}
}

// Unequal micro-batches: summed gradients and Σn give the same step as the mean
// over the one big batch.
func TestDivisorMakesMeansOfSums(t *testing.T) {
	g := []float32{0.5, -1.25}
	step := func(scale float32, divisor float64) []float32 {
		w := []float32{1, 2}
		o := newOptimizer(t, native.New(1), []optim.Parameter{{Name: "w", Data: w, Shape: []int64{2}, Trainable: true}}, optim.DefaultAdamW(), nil)
		if _, err := o.Step(t.Context(), optim.Gradients{{Dense: []float32{g[0] * scale, g[1] * scale}}}, optim.StepInfo{LR: 1e-2, Divisor: divisor, MaxNorm: 1}); err != nil {
			t.Fatal(err)
		}
		return w
	}
	mean := step(1, 1)
	near(t, "w", step(48, 48), []float64{float64(mean[0]), float64(mean[1])}, 1e-7)
}

func TestThreadsDoNotChangeTheResult(t *testing.T) {
	var want [][]float32
	for _, threads := range []int{1, 2, 5} {
		s := random.New(12, random.Init, 0, 0, 0)
		params := []optim.Parameter{
			{Name: "a.weight", Data: normal(s, 50_001, 1), Shape: []int64{50_001}, Trainable: true},
			{Name: "t.weight", Data: normal(s, 3000*64, 1), Shape: []int64{3000, 64}, Trainable: true, Rows: true, Lazy: true},
		}
		o := newOptimizer(t, native.New(threads), params, optim.DefaultAdamW(), optim.Decay(0.01))
		for range 5 {
			part := native.RowPart{Rows: normal(s, 500*64, 1)}
			for range 500 {
				part.Index = append(part.Index, int64(s.IntN(3000)))
			}
			g := optim.Gradients{{Dense: normal(s, 50_001, 1)}, {Rows: []native.RowPart{part}}}
			if _, err := o.Step(t.Context(), g, optim.StepInfo{LR: 1e-2, Divisor: 3, MaxNorm: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.SettleAll(); err != nil {
			t.Fatal(err)
		}
		got := snapshot(params, o)
		if want == nil {
			want = got
		}
		for i := range want {
			sameBits(t, "array", got[i], want[i])
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() optim.Parameter {
		return optim.Parameter{Name: "w", Data: make([]float32, 6), Shape: []int64{2, 3}, Trainable: true, Rows: true}
	}
	adamw := optim.DefaultAdamW()
	with := func(f func(a *optim.AdamW)) optim.Method { a := adamw; f(&a); return a }
	param := func(f func(p *optim.Parameter)) []optim.Parameter { p := good(); f(&p); return []optim.Parameter{p} }
	rate := func(r optim.Rates) optim.Rule { return func(string) optim.Rates { return r } }
	for name, c := range map[string]struct {
		params []optim.Parameter
		method optim.Method
		rule   optim.Rule
	}{
		"no method":      {[]optim.Parameter{good()}, nil, nil},
		"beta":           {nil, with(func(a *optim.AdamW) { a.Beta1 = 1 }), nil},
		"beta NaN":       {nil, with(func(a *optim.AdamW) { a.Beta2 = math.NaN() }), nil},
		"epsilon":        {nil, with(func(a *optim.AdamW) { a.Epsilon = 0 }), nil},
		"mode":           {nil, with(func(a *optim.AdamW) { a.Mode = 2 }), nil},
		"momentum":       {nil, optim.SGD{Momentum: 1}, nil},
		"twice":          {[]optim.Parameter{good(), good()}, adamw, nil},
		"size":           {param(func(p *optim.Parameter) { p.Data = p.Data[1:] }), adamw, nil},
		"negative shape": {param(func(p *optim.Parameter) { p.Shape = []int64{-2, -3} }), adamw, nil},
		"huge shape":     {param(func(p *optim.Parameter) { p.Shape = []int64{1 << 62, 1 << 62} }), adamw, nil},
		"rank":           {param(func(p *optim.Parameter) { p.Shape = []int64{6} }), adamw, nil},
		"lazy":           {param(func(p *optim.Parameter) { p.Rows, p.Lazy = false, true }), adamw, nil},
		"weight decay":   {[]optim.Parameter{good()}, adamw, rate(optim.Rates{WeightDecay: -1, LRScale: 1})},
		"factor":         {[]optim.Parameter{good()}, adamw, rate(optim.Rates{LRScale: math.Inf(1)})},
	} {
		before := native.Live()
		if o, err := optim.New(native.New(1), c.params, c.method, c.rule); !errors.Is(err, optim.ErrConfig) || o != nil {
			t.Errorf("%s: %v", name, err)
		}
		if native.Live() != before {
			t.Errorf("%s: memory leaked", name)
		}
	}
}

func TestLoadRefusesAndChangesNothing(t *testing.T) {
	params := tableParams(make([]float32, height*width), make([]float32, 50), true, true)
	o := newOptimizer(t, native.New(1), params, optim.DefaultAdamW(), nil)
	if _, err := o.Step(t.Context(), goodGradients(), optim.StepInfo{LR: 1, Divisor: 1}); err != nil {
		t.Fatal(err)
	}
	before := snapshot(params, o)
	for name, change := range map[string]func(s *optim.State){
		"missing": func(s *optim.State) { s.Moments = s.Moments[1:] },
		"twice":   func(s *optim.State) { s.Moments = append(s.Moments, s.Moments[0]) },
		"length":  func(s *optim.State) { s.Moments[2].Data = s.Moments[2].Data[1:] },
		"unknown": func(s *optim.State) { s.Moments = append(s.Moments, optim.Tensor{Parameter: "x", Moment: "momentum0"}) },
		"no moment": func(s *optim.State) {
			s.Moments = append(s.Moments, optim.Tensor{Parameter: "body.weight", Moment: "momentum2"})
		},
		"step": func(s *optim.State) { s.Step = -1 },
	} {
		s := o.State()
		for i := range s.Moments {
			s.Moments[i].Data = make([]float32, len(s.Moments[i].Data))
		}
		change(&s)
		if err := o.Load(s); !errors.Is(err, optim.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
		for i, x := range snapshot(params, o) {
			sameBits(t, name, x, before[i])
		}
	}
	// Official checkpoints carry moments for frozen parameters too.
	s := o.State()
	s.Moments = append(s.Moments, optim.Tensor{Parameter: "frozen", Moment: "momentum0", Data: make([]float32, 1)})
	if err := o.Load(s); err != nil {
		t.Errorf("a frozen parameter's moment: %v", err)
	}
}

func TestFrozenParametersHaveNoState(t *testing.T) {
	params := tableParams(make([]float32, height*width), make([]float32, 50), true, true)
	o := newOptimizer(t, native.New(1), params, optim.SGD{Momentum: 0.5}, nil)
	for _, m := range o.State().Moments {
		if m.Parameter == "frozen" || m.Moment != "momentum0" {
			t.Errorf("unexpected state %s of %s", m.Moment, m.Parameter)
		}
	}
	if i, ok := o.Index("body.weight"); i != 2 || !ok {
		t.Errorf("Index = %d, %v", i, ok)
	}
	if _, ok := o.Index("nobody"); ok {
		t.Error("Index finds an unknown name")
	}
}
