package native_test

import (
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

func adamW(mode native.Mode) native.AdamW {
	return native.AdamW{Mode: mode, LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01, GradScale: 0.37, Step: 3}
}

// moments draws first and second moments as updates leave them: never
// subnormal.
func moments(s *random.Stream, n int) (m, v []float32) {
	m, v = numbers(s, n, false), numbers(s, n, true)
	for i := range m {
		if math.Abs(float64(m[i])) < 0x1p-126 {
			m[i] = 0
		}
		if v[i] < 0x1p-126 {
			v[i] = 0
		}
	}
	return m, v
}

func TestAdamWFormsAgreeBitForBit(t *testing.T) {
	var gold native.Kernels
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		s := random.New(1, random.Init, 0, 0, 0)
		for _, mode := range []native.Mode{native.Torch, native.HuggingFace} {
			var got, want []native.AdamWJob
			for i, n := range lengths {
				j := native.AdamWJob{AdamW: adamW(mode), W: numbers(s, n, false), G: numbers(s, n, false)}
				j.M, j.V = moments(s, n)
				j.Step = int64(i + 1)
				if i%5 == 4 {
					j.G = nil
				}
				got = append(got, j)
				j.W, j.M, j.V = clone(j.W), clone(j.M), clone(j.V)
				want = append(want, j)
			}
			for range 2 {
				if err := errors.Join(k.AdamW(got...), gold.AdamW(want...)); err != nil {
					t.Fatal(err)
				}
			}
			for i := range got {
				sameBits(t, "w", got[i].W, want[i].W)
				sameBits(t, "m", got[i].M, want[i].M)
				sameBits(t, "v", got[i].V, want[i].V)
			}
		}
	})
}

// A step on rows must be the dense step with zeros in the other visited rows.
func TestRowUpdatesEqualDenseUpdates(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		const height, width = 700, 37
		s := random.New(2, random.Init, 0, 0, 0)
		w, sum, dense := numbers(s, height*width, false), numbers(s, 5*width, false), make([]float32, height*width)
		m, v := moments(s, height*width)
		rows := native.Rows{Width: width}
		for r := range int32(height) {
			source := int32(-1)
			if r%140 == 7 {
				source = r / 140
				copy(dense[int(r)*width:][:width], sum[int(source)*width:])
			}
			rows.Row, rows.Sum = append(rows.Row, r), append(rows.Sum, source)
		}
		for _, mode := range []native.Mode{native.Torch, native.HuggingFace} {
			a := native.AdamWJob{AdamW: adamW(mode), W: clone(w), G: sum, M: clone(m), V: clone(v), Rows: &rows}
			b := native.AdamWJob{AdamW: adamW(mode), W: clone(w), G: dense, M: clone(m), V: clone(v)}
			if err := k.AdamW(a, b); err != nil {
				t.Fatal(err)
			}
			sameBits(t, "adamw w", a.W, b.W)
			sameBits(t, "adamw m", a.M, b.M)
			sameBits(t, "adamw v", a.V, b.V)
		}
		sgd := native.SGD{LR: 1e-2, Momentum: 0.9, GradScale: 0.5, WeightDecay: 0.1}
		a := native.SGDJob{SGD: sgd, W: clone(w), G: sum, M: clone(m), Rows: &rows}
		b := native.SGDJob{SGD: sgd, W: clone(w), G: dense, M: clone(m)}
		c := native.SGDJob{SGD: sgd, W: clone(w), G: sum, Rows: &rows}
		d := native.SGDJob{SGD: sgd, W: clone(w), G: dense}
		if err := k.SGD(a, b, c, d); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "sgd w", a.W, b.W)
		sameBits(t, "sgd m", a.M, b.M)
		sameBits(t, "sgd w without momentum", c.W, d.W)
	})
}

func TestSGDFormsAgreeBitForBit(t *testing.T) {
	var gold native.Kernels
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		s := random.New(3, random.Init, 0, 0, 0)
		for i, n := range lengths {
			j := native.SGDJob{SGD: native.SGD{LR: 0.1, Momentum: 0.9, WeightDecay: 0.01, GradScale: 0.7}, W: numbers(s, n, false), G: numbers(s, n, false)}
			if i%2 == 0 {
				j.M, _ = moments(s, n)
			}
			if i%5 == 4 {
				j.G = nil
			}
			want := j
			want.W = clone(j.W)
			if j.M != nil {
				want.M = clone(j.M)
			}
			if err := errors.Join(k.SGD(j), gold.SGD(want)); err != nil {
				t.Fatal(err)
			}
			sameBits(t, "w", j.W, want.W)
			sameBits(t, "m", j.M, want.M)
		}
	})
}

// The formulas in float64, once per mode, over ten steps.
func TestAdamWAgainstFloat64(t *testing.T) {
	for _, c := range []struct {
		name        string
		mode        native.Mode
		uncorrected bool
	}{{"torch", native.Torch, false}, {"huggingface", native.HuggingFace, false}, {"uncorrected", native.HuggingFace, true}} {
		t.Run(c.name, func(t *testing.T) {
			const n = 257
			s := random.New(4, random.Init, 0, 0, 0)
			j := native.AdamWJob{AdamW: adamW(c.mode), W: make([]float32, n), G: make([]float32, n), M: make([]float32, n), V: make([]float32, n)}
			j.NoBiasCorrection = c.uncorrected
			w, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range w {
				j.W[i] = float32(s.Normal())
				w[i] = float64(j.W[i])
			}
			for j.Step = 1; j.Step <= 10; j.Step++ {
				for i := range w {
					j.G[i] = float32(s.Normal())
					w[i], m[i], v[i] = oracle(j.AdamW, w[i], float64(j.G[i]), m[i], v[i])
				}
				if err := native.New(1).AdamW(j); err != nil {
					t.Fatal(err)
				}
			}
			for i := range w {
				if d := math.Abs(float64(j.W[i]) - w[i]); !(d <= 1e-6*max(1, math.Abs(w[i]))) {
					t.Fatalf("w[%d] = %v, float64 gives %v", i, j.W[i], w[i])
				}
			}
		})
	}
}

// oracle is AdamW as the papers and the originals state it, in float64.
func oracle(a native.AdamW, w, g, m, v float64) (float64, float64, float64) {
	g *= a.GradScale
	m = a.Beta1*m + (1-a.Beta1)*g
	v = a.Beta2*v + (1-a.Beta2)*g*g
	c1, c2 := 1-math.Pow(a.Beta1, float64(a.Step)), 1-math.Pow(a.Beta2, float64(a.Step))
	if a.NoBiasCorrection {
		c1, c2 = 1, 1
	}
	if a.Mode == native.Torch {
		w -= a.LR * a.WeightDecay * w
		return w - a.LR*(m/c1)/(math.Sqrt(v/c2)+a.Epsilon), m, v
	}
	w -= a.LR * math.Sqrt(c2) / c1 * m / (math.Sqrt(v) + a.Epsilon)
	return w - a.LR*a.WeightDecay*w, m, v
}

func TestUpdatesRefuseBadShapesUntouched(t *testing.T) {
	k := native.New(2)
	four, six := []float32{1, 2, 3, 4}, make([]float32, 6)
	rows := func(width int, row, sum []int32) *native.Rows { return &native.Rows{Width: width, Row: row, Sum: sum} }
	for name, c := range map[string]struct {
		job  native.AdamWJob
		want error
	}{
		"moment":         {native.AdamWJob{W: four, G: four, M: six, V: four}, native.ErrShape},
		"gradient":       {native.AdamWJob{W: four, G: six, M: four, V: four}, native.ErrShape},
		"width 0":        {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(0, nil, nil)}, native.ErrShape},
		"width 3":        {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(3, nil, nil)}, native.ErrShape},
		"lists":          {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(2, []int32{0}, nil)}, native.ErrShape},
		"row":            {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(2, []int32{2}, []int32{0})}, native.ErrIndex},
		"negative row":   {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(2, []int32{-1}, []int32{0})}, native.ErrIndex},
		"repeated row":   {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(2, []int32{1, 1}, []int32{0, 1})}, native.ErrIndex},
		"source":         {native.AdamWJob{W: four, G: four, M: four, V: four, Rows: rows(2, []int32{1}, []int32{2})}, native.ErrIndex},
		"source of none": {native.AdamWJob{W: four, M: four, V: four, Rows: rows(2, []int32{1}, []int32{0})}, native.ErrIndex},
	} {
		j := c.job
		j.AdamW = adamW(native.Torch)
		good := native.AdamWJob{AdamW: j.AdamW, W: make([]float32, 1), G: []float32{1}, M: make([]float32, 1), V: make([]float32, 1)}
		if err := k.AdamW(good, j); !errors.Is(err, c.want) {
			t.Errorf("adamw, %s: %v", name, err)
		}
		if good.W[0] != 0 {
			t.Errorf("adamw, %s: a refused call updated another job", name)
		}
		s := native.SGDJob{SGD: native.SGD{LR: 1}, W: j.W, G: j.G, M: j.M, Rows: j.Rows}
		if err := k.SGD(s); !errors.Is(err, c.want) {
			t.Errorf("sgd, %s: %v", name, err)
		}
	}
}
