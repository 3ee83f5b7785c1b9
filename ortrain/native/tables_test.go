package native_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

// rowParts draws gradients of n tokens for each part; low rows are frequent.
func rowParts(s *random.Stream, height, width int, sizes ...int) []native.RowPart {
	var parts []native.RowPart
	for _, n := range sizes {
		p := native.RowPart{Rows: make([]float32, n*width)}
		for i := range p.Rows {
			p.Rows[i] = float32(s.Normal())
		}
		for range n {
			p.Index = append(p.Index, int64(float64(height)*s.Float64()*s.Float64()*s.Float64()))
		}
		parts = append(parts, p)
	}
	return parts
}

func TestMergeRowsAddsInOrderOfOccurrence(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		var g native.RowGrad
		defer g.Close()
		for _, c := range []struct {
			height, width int
			sizes         []int
		}{{1000, 37, []int{500, 1, 0, 700}}, {2, 96, []int{300, 300}}, {50, 1, []int{9}}, {1000, 37, nil}, {1000, 37, []int{0}}, {7, 200, []int{0, 90}}} {
			parts := rowParts(random.New(8, random.Init, 0, 0, 0), c.height, c.width, c.sizes...)
			dense, seen := make([]float32, c.height*c.width), make([]bool, c.height)
			for _, p := range parts {
				for i, row := range p.Index {
					to := dense[int(row)*c.width:][:c.width]
					for j, x := range p.Rows[i*c.width:][:c.width] {
						to[j] += x
					}
					seen[row] = true
				}
			}
			if err := k.MergeRows(&g, c.height, c.width, parts...); err != nil {
				t.Fatal(err)
			}
			var rows []int32
			var sums []float32
			for r, yes := range seen {
				if yes {
					rows, sums = append(rows, int32(r)), append(sums, dense[r*c.width:][:c.width]...)
				}
			}
			if !slices.Equal(g.Rows, rows) {
				t.Fatalf("%v: rows %v, want %v", c, g.Rows, rows)
			}
			sameBits(t, "sums", g.Sum, sums)
		}
	})
}

func TestMergeRowsRefusesForeignRows(t *testing.T) {
	var g native.RowGrad
	defer g.Close()
	k := native.New(1)
	for _, row := range []int64{-1, 4, 1 << 40} {
		if err := k.MergeRows(&g, 4, 1, native.RowPart{Index: []int64{0, row}, Rows: make([]float32, 2)}); !errors.Is(err, native.ErrIndex) || len(g.Rows) != 0 {
			t.Errorf("row %d: %v, %d rows", row, err, len(g.Rows))
		}
	}
	for _, p := range []native.RowPart{{Index: []int64{0}, Rows: make([]float32, 3)}, {Index: nil, Rows: make([]float32, 2)}} {
		if err := k.MergeRows(&g, 4, 2, p); !errors.Is(err, native.ErrShape) {
			t.Errorf("%v: %v", p, err)
		}
	}
	if err := k.MergeRows(&g, 4, 2, native.RowPart{Index: []int64{3}, Rows: []float32{1, 2}}); err != nil || len(g.Rows) != 1 {
		t.Errorf("a good merge after refused ones: %v, rows %v", err, g.Rows)
	}
}

func TestRowGradAddsToDense(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		var g native.RowGrad
		defer g.Close()
		if err := k.MergeRows(&g, 3, 2, native.RowPart{Index: []int64{2, 0, 2}, Rows: []float32{1, 2, 3, 4, 5, 6}}); err != nil {
			t.Fatal(err)
		}
		dense := []float32{10, 10, 20, 20, 30, 30}
		if err := g.AddTo(k, dense); err != nil {
			t.Fatal(err)
		}
		sameBits(t, "dense", dense, []float32{13, 14, 20, 20, 36, 38})
		if err := g.AddTo(k, dense[:4]); !errors.Is(err, native.ErrIndex) {
			t.Errorf("table too small: %v", err)
		}
	})
}

func TestMergeRowsReleasesItsMemory(t *testing.T) {
	before := native.Live()
	var g native.RowGrad
	for _, n := range []int{1, 100, 5000, 10} {
		if err := native.New(2).MergeRows(&g, 10000, 8, rowParts(random.New(9, random.Init, 0, 0, 0), 10000, 8, n)...); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
	if native.Live() != before {
		t.Errorf("%d bytes leaked", native.Live()-before)
	}
}

// Replayed decay must be what the dense update does to rows that have neither
// moments nor gradients.
func TestDecayRowsReplaysTheUpdate(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		const height, width, steps = 90, 211, 6
		for _, mode := range []native.Mode{native.Torch, native.HuggingFace} {
			s := random.New(10, random.Init, 0, 0, 0)
			w := numbers(s, height*width, false)
			zero := func() []float32 { return make([]float32, height*width) }
			j := native.AdamWJob{AdamW: adamW(mode), W: clone(w), M: zero(), V: zero()}
			var factors []float32
			rows := native.Rows{Width: width}
			for r := range int32(height) {
				rows.Row, rows.Sum = append(rows.Row, r), append(rows.Sum, r%(steps+1))
			}
			for step := range steps {
				// Rows that settled up to factor f start there.
				for r := range height {
					if r%(steps+1) == step {
						copy(w[r*width:][:width], j.W[r*width:][:width])
					}
				}
				j.Step, j.LR = int64(step+1), 1e-3*float64(step+1)
				factors = append(factors, j.Decay())
				if err := k.AdamW(j); err != nil {
					t.Fatal(err)
				}
			}
			for r := steps; r < height; r += steps + 1 {
				copy(w[r*width:][:width], j.W[r*width:][:width])
			}
			if err := k.DecayRows(mode, w, rows, factors); err != nil {
				t.Fatal(err)
			}
			sameBits(t, "w", w, j.W)
		}
		row := native.Rows{Width: 1, Row: []int32{0}, Sum: []int32{-1}}
		if err := k.DecayRows(native.Torch, []float32{1}, row, nil); !errors.Is(err, native.ErrIndex) {
			t.Errorf("negative start: %v", err)
		}
		row.Sum[0] = 2
		if err := k.DecayRows(native.Torch, []float32{1}, row, []float32{0.5}); !errors.Is(err, native.ErrIndex) {
			t.Errorf("start beyond the factors: %v", err)
		}
	})
}
