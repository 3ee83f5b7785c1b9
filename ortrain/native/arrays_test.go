package native_test

import (
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

func TestPairsFormsAgreeBitForBit(t *testing.T) {
	operations := map[string]func(k native.Kernels, p ...native.Pair) error{
		"add":        native.Kernels.Add,
		"scale":      func(k native.Kernels, p ...native.Pair) error { return k.Scale(0.3, p...) },
		"add scaled": func(k native.Kernels, p ...native.Pair) error { return k.AddScaled(-0.3, p...) },
		"lerp":       func(k native.Kernels, p ...native.Pair) error { return k.Lerp(0.1, p...) },
		"copy":       native.Kernels.Copy,
		"swap":       native.Kernels.Swap,
	}
	want := map[string]func(a, b float32) float32{
		"add":        func(a, b float32) float32 { return a + b },
		"scale":      func(_, b float32) float32 { return b * 0.3 },
		"add scaled": func(a, b float32) float32 { return a + float32(b*-0.3) },
		"lerp":       func(a, b float32) float32 { return a + float32((b-a)*0.1) },
		"copy":       func(_, b float32) float32 { return b },
		"swap":       func(_, b float32) float32 { return b },
	}
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		s := random.New(5, random.Init, 0, 0, 0)
		for name, operation := range operations {
			var pairs []native.Pair
			var expect [][]float32
			for _, n := range lengths {
				p := native.Pair{Dst: numbers(s, n, false), Src: numbers(s, n, false)}
				x := make([]float32, n)
				for i := range x {
					x[i] = want[name](p.Dst[i], p.Src[i])
				}
				pairs, expect = append(pairs, p), append(expect, x)
			}
			if err := operation(k, pairs...); err != nil {
				t.Fatal(err)
			}
			for i := range pairs {
				sameBits(t, name, pairs[i].Dst, expect[i])
			}
			if err := operation(k, native.Pair{Dst: make([]float32, 2), Src: make([]float32, 3)}); !errors.Is(err, native.ErrShape) {
				t.Errorf("%s of 2 and 3 numbers: %v", name, err)
			}
		}
		x := numbers(s, 40000, false)
		k.Zero(x, nil)
		sameBits(t, "zero", x, make([]float32, len(x)))
	})
}

func TestSumSquaresIsTheSameEverywhere(t *testing.T) {
	s := random.New(6, random.Init, 0, 0, 0)
	var arrays []native.Squares
	for i, n := range lengths {
		x := make([]float32, n)
		for j := range x {
			x[j] = float32(s.Normal())
		}
		arrays = append(arrays, native.Squares{Data: x, Block: []int{0, 37, 384}[i%3]})
	}
	var gold native.Kernels
	want := gold.SumSquares(arrays...)
	for i, a := range arrays {
		var exact float64
		for _, x := range a.Data {
			exact += float64(x) * float64(x)
		}
		if math.Abs(want[i]-exact) > 1e-12*exact {
			t.Errorf("array %d: %v, plain sum %v", i, want[i], exact)
		}
	}
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		for i, got := range k.SumSquares(arrays...) {
			if math.Float64bits(got) != math.Float64bits(want[i]) {
				t.Errorf("array %d of %d: %v, want %v", i, len(arrays[i].Data), got, want[i])
			}
		}
	})
}

// Rows of zeros left out must not change the sum: a table's norm is the same
// whether its gradient came dense or as rows.
func TestSumSquaresOfRowsEqualsDense(t *testing.T) {
	const height, width = 300, 40
	s := random.New(7, random.Init, 0, 0, 0)
	dense, compact := make([]float32, height*width), []float32(nil)
	for r := 3; r < height; r += 11 {
		row := dense[r*width:][:width]
		for i := range row {
			row[i] = float32(s.Normal())
		}
		compact = append(compact, row...)
	}
	sums := native.New(2).SumSquares(native.Squares{Data: dense, Block: width}, native.Squares{Data: compact, Block: width})
	if sums[0] != sums[1] || sums[0] == 0 {
		t.Errorf("dense %v, rows %v", sums[0], sums[1])
	}
}

func TestSumSquaresFindsNonFinite(t *testing.T) {
	everyKernels(t, func(t *testing.T, k native.Kernels) {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, at := range []int{0, 33, 16384, 39999} {
				x := make([]float32, 40000)
				x[at] = float32(bad)
				x[at/2+1] = math.MaxFloat32
				if sum := k.SumSquares(native.Squares{Data: x})[0]; !math.IsNaN(sum) && !math.IsInf(sum, 0) {
					t.Errorf("%v at %d gave %v", bad, at, sum)
				}
			}
		}
		x := []float32{math.MaxFloat32, -math.MaxFloat32}
		if sum := k.SumSquares(native.Squares{Data: x})[0]; math.IsInf(sum, 0) {
			t.Error("the largest finite numbers overflowed")
		}
	})
}
