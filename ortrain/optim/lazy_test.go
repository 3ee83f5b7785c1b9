package optim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
)

const height, width = 200, 37

// stepOf is one step of a random run: row parts of a table, a body gradient,
// and sometimes a dense gradient of the table.
type stepOf struct {
	parts []native.RowPart
	body  []float32
	dense []float32
	info  optim.StepInfo
}

func randomRun(seed uint64, steps int, tied bool) []stepOf {
	s := random.New(seed, random.Init, 0, 0, 0)
	run := make([]stepOf, steps)
	for i := range run {
		r := &run[i]
		for range s.IntN(4) {
			n := s.IntN(20)
			p := native.RowPart{Rows: normal(s, n*width, 1)}
			for range n {
				// Squaring favours low rows, so that some rows are never met.
				p.Index = append(p.Index, int64(height*s.Float64()*s.Float64()*s.Float64()))
			}
			r.parts = append(r.parts, p)
		}
		r.body = normal(s, 50, 0.1)
		if tied && i >= steps/2 {
			r.dense = normal(s, height*width, 0.1)
		}
		r.info = optim.StepInfo{LR: 1e-2 * s.Float64(), Divisor: 1 + 9*s.Float64(), MaxNorm: 3}
		if i%5 == 0 {
			r.info.LR = 0
		}
	}
	return run
}

// whole is the step's table gradient as one dense array, rows added in order.
func (r stepOf) whole() []float32 {
	x := make([]float32, height*width)
	for _, p := range r.parts {
		for i, row := range p.Index {
			for j, v := range p.Rows[i*width:][:width] {
				x[int(row)*width+j] += v
			}
		}
	}
	if r.dense != nil {
		for i, v := range r.dense {
			x[i] = v + x[i]
		}
	}
	return x
}

func tableParams(table, body []float32, rows, lazy bool) []optim.Parameter {
	return []optim.Parameter{
		{Name: "word_embeddings.weight", Data: table, Shape: []int64{height, width}, Trainable: true, Rows: rows, Lazy: lazy},
		{Name: "frozen", Data: []float32{7}, Shape: []int64{1}},
		{Name: "body.weight", Data: body, Shape: []int64{50}, Trainable: true},
	}
}

// methods are the update rules with the weight decay they are tried with.
var methods = map[string]struct {
	method optim.Method
	decay  float64
}{
	"adamw":          {optim.DefaultAdamW(), 0.1},
	"adamw mode 1":   {optim.AdamW{Mode: native.HuggingFace, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-6}, 0.1},
	"adamw no decay": {optim.DefaultAdamW(), 0},
	"sgd":            {optim.SGD{}, 0},
	"sgd decay":      {optim.SGD{}, 0.1},
	"momentum":       {optim.SGD{Momentum: 0.9}, 0},
}

// TestLazyTablesEqualDenseUpdates is the law of lazy rows: with any method, any
// order of rows, settling at any time and any number of threads, the bytes are
// those of the plain dense update.
func TestLazyTablesEqualDenseUpdates(t *testing.T) {
	for name, m := range methods {
		for _, tied := range []bool{false, true} {
			for _, threads := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/tied=%v/%d", name, tied, threads), func(t *testing.T) {
					compareWithDense(t, m.method, m.decay, tied, threads)
				})
			}
		}
	}
}

func compareWithDense(t *testing.T, method optim.Method, decay float64, tied bool, threads int) {
	s := random.New(99, random.Init, 0, 0, 0)
	start, body := normal(s, height*width, 1), normal(s, 50, 1)
	lazy, dense := tableParams(clone(start), clone(body), true, true), tableParams(clone(start), clone(body), true, false)
	a := newOptimizer(t, native.New(threads), lazy, method, optim.Decay(decay))
	var gold native.Kernels
	b := newOptimizer(t, gold, dense, method, optim.Decay(decay))
	for i, r := range randomRun(5, 40, tied) {
		switch {
		case i%7 == 3:
			if err := a.SettleAll(); err != nil {
				t.Fatal(err)
			}
		case i%2 == 0:
			checkSettled(t, a, lazy[0].Data, dense[0].Data, []int64{int64(s.IntN(height)), 199, 0, 199})
		}
		whole := r.whole()
		sa, err := a.Step(t.Context(), optim.Gradients{{Rows: r.parts, Dense: r.dense}, {}, {Dense: r.body}}, r.info)
		if err != nil {
			t.Fatal(err)
		}
		sb, err := b.Step(t.Context(), optim.Gradients{{Dense: whole}, {}, {Dense: r.body}}, r.info)
		if err != nil {
			t.Fatal(err)
		}
		if sa.GradNorm != sb.GradNorm || sa.Clip != sb.Clip {
			t.Fatalf("step %d: norm %v, dense %v", i, sa.GradNorm, sb.GradNorm)
		}
	}
	if err := a.SettleAll(); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "table", lazy[0].Data, dense[0].Data)
	sameBits(t, "body", lazy[2].Data, dense[2].Data)
	for i, m := range a.State().Moments {
		sameBits(t, m.Parameter+" "+m.Moment, m.Data, b.State().Moments[i].Data)
	}
}

// checkSettled settles some rows and compares just these.
func checkSettled(t *testing.T, o *optim.Optimizer, lazy, dense []float32, rows []int64) {
	t.Helper()
	if err := o.Settle(0, rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		sameBits(t, fmt.Sprintf("settled row %d", r), lazy[r*width:][:width], dense[r*width:][:width])
	}
}

func TestLazyTablesVisitFewRows(t *testing.T) {
	params := tableParams(make([]float32, height*width), make([]float32, 50), true, true)
	o := newOptimizer(t, native.New(1), params, optim.DefaultAdamW(), optim.Decay(0.1))
	info := optim.StepInfo{LR: 1e-3, Divisor: 1}
	for _, c := range []struct {
		rows           []int64
		batch, updated int
	}{{[]int64{5, 3, 5}, 2, 2}, {[]int64{3, 100}, 2, 3}, {nil, 0, 3}} {
		part := native.RowPart{Index: c.rows, Rows: make([]float32, len(c.rows)*width)}
		stats, err := o.Step(t.Context(), optim.Gradients{{Rows: []native.RowPart{part}}, {}, {Dense: make([]float32, 50)}}, info)
		if err != nil || stats.BatchRows != c.batch || stats.UpdatedRows != c.updated {
			t.Errorf("%v: %+v, %v; want %d and %d rows", c.rows, stats, err, c.batch, c.updated)
		}
	}
}

func TestSettleRefusesForeignRows(t *testing.T) {
	o := newOptimizer(t, native.New(1), tableParams(make([]float32, height*width), make([]float32, 50), true, true), optim.DefaultAdamW(), nil)
	for _, err := range []error{o.Settle(0, []int64{0, height}), o.Settle(0, []int64{-1}), o.Settle(3, nil), o.Settle(-1, nil)} {
		if !errors.Is(err, native.ErrIndex) {
			t.Errorf("got %v", err)
		}
	}
	if err := o.Settle(2, []int64{1 << 40}); err != nil {
		t.Errorf("a parameter without rows: %v", err)
	}
}

// A run that is saved and loaded at any step goes on byte for byte.
func TestSavedStateContinuesTheRun(t *testing.T) {
	for name, m := range methods {
		t.Run(name, func(t *testing.T) {
			s := random.New(98, random.Init, 0, 0, 0)
			one := tableParams(normal(s, height*width, 1), normal(s, 50, 1), true, true)
			a := newOptimizer(t, native.New(2), one, m.method, optim.Decay(m.decay))
			run := randomRun(6, 24, false)
			two := tableParams(make([]float32, height*width), make([]float32, 50), true, true)
			b := newOptimizer(t, native.New(1), two, m.method, optim.Decay(m.decay))
			for i, r := range run {
				grads := optim.Gradients{{Rows: r.parts}, {}, {Dense: r.body}}
				if i == 11 {
					if err := a.SettleAll(); err != nil {
						t.Fatal(err)
					}
					copy(two[0].Data, one[0].Data)
					copy(two[2].Data, one[2].Data)
					state := a.State()
					slices.Reverse(state.Moments)
					if err := b.Load(state); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := a.Step(t.Context(), grads, r.info); err != nil {
					t.Fatal(err)
				}
				if i >= 11 {
					if _, err := b.Step(t.Context(), grads, r.info); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := errors.Join(a.SettleAll(), b.SettleAll()); err != nil {
				t.Fatal(err)
			}
			if a.StepCount() != 24 || b.StepCount() != 24 {
				t.Errorf("steps %d and %d", a.StepCount(), b.StepCount())
			}
			sameBits(t, "table", two[0].Data, one[0].Data)
			sameBits(t, "body", two[2].Data, one[2].Data)
		})
	}
}
