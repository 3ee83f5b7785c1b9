package optim_test

import (
	"errors"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/pipeline/random"
)

func TestEMAFollowsItsFormula(t *testing.T) {
	before := native.Live()
	w, frozen := []float32{1, -2}, []float32{5}
	params := []optim.Parameter{
		{Name: "w", Data: w, Shape: []int64{2}, Trainable: true},
		{Name: "f", Data: frozen, Shape: []int64{1}},
	}
	e, err := optim.NewEMA(native.New(2), params, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	average := []float64{1, -2}
	for step := int64(1); step <= 5; step++ {
		w[0], w[1] = float32(step), 0
		if err := e.Update(step); err != nil {
			t.Fatal(err)
		}
		d := min(0.3, float64(1+step)/float64(10+step))
		for i := range average {
			average[i] = d*average[i] + (1-d)*float64(w[i])
		}
	}
	if err := e.Swap(); err != nil {
		t.Fatal(err)
	}
	near(t, "average", w, average, 1e-6)
	if err := e.Swap(); err != nil {
		t.Fatal(err)
	}
	near(t, "weights", w, []float64{5, 0}, 0)
	if frozen[0] != 5 {
		t.Error("a frozen weight moved")
	}
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if native.Live() != before {
		t.Errorf("%d bytes leaked", native.Live()-before)
	}
	for _, d := range []float64{-0.1, 1} {
		if _, err := optim.NewEMA(native.New(1), params, d); !errors.Is(err, optim.ErrConfig) {
			t.Errorf("decay %v: %v", d, err)
		}
	}
}

// Micro-batches through an Accumulator give the bytes of one step that gets
// all row parts and the dense sum at once.
func TestAccumulatorKeepsTheOrder(t *testing.T) {
	before := native.Live()
	s := random.New(21, random.Init, 0, 0, 0)
	table, body := normal(s, height*width, 1), normal(s, 50, 1)
	one, two := tableParams(clone(table), clone(body), true, true), tableParams(clone(table), clone(body), true, true)
	a := newOptimizer(t, native.New(2), one, optim.DefaultAdamW(), optim.Decay(0.1))
	b := newOptimizer(t, native.New(1), two, optim.DefaultAdamW(), optim.Decay(0.1))
	state := native.Live()
	sum := optim.NewAccumulator(native.New(2))
	for step := range 4 {
		whole := optim.Gradients{{}, {}, {Dense: make([]float32, 50)}}
		for micro := range 3 {
			part := native.RowPart{Index: []int64{int64(micro), 5, int64(s.IntN(height))}[:1+(micro+step)%3]}
			part.Rows = normal(s, len(part.Index)*width, 1)
			g := optim.Gradients{{Rows: []native.RowPart{part}}, {}, {Dense: normal(s, 50, 1)}}
			if err := sum.Add(g); err != nil {
				t.Fatal(err)
			}
			whole[0].Rows = append(whole[0].Rows, part)
			for i, x := range g[2].Dense {
				whole[2].Dense[i] += x
			}
		}
		if sum.Count() != 3 {
			t.Errorf("counted %d micro-batches", sum.Count())
		}
		info := optim.StepInfo{LR: 1e-2, Divisor: 12, MaxNorm: 1}
		if _, err := a.Step(t.Context(), sum.Gradients(), info); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Step(t.Context(), whole, info); err != nil {
			t.Fatal(err)
		}
		sum.Reset()
	}
	if err := errors.Join(a.SettleAll(), b.SettleAll()); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "table", one[0].Data, two[0].Data)
	sameBits(t, "body", one[2].Data, two[2].Data)

	for _, g := range []optim.Gradients{{}, {{}, {}, {Dense: make([]float32, 49)}}} {
		if err := sum.Add(g); !errors.Is(err, optim.ErrGradient) {
			t.Errorf("misfit micro-batch: %v", err)
		}
	}
	merged := native.Live() - state
	for range 2 {
		if err := sum.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if native.Live() != before {
		t.Errorf("%d bytes leaked (%d in steps)", native.Live()-before, merged)
	}
}
