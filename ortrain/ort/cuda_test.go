//go:build cuda

package ort_test

import (
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
)

// TestCUDARun compares a matrix product on the GPU with the CPU's.
func TestCUDARun(t *testing.T) {
	orttest.NoLeaks(t)
	const n = 256
	matmul := model(node("MatMul", "z", "x", "y"), input("x", float, "N", n), input("y", float, n, n), output("z", float, "N", n))
	x, y := orttest.Tensor(t, []int64{n, n}, make([]float32, n*n)...), orttest.Tensor(t, []int64{n, n}, make([]float32, n*n)...)
	for i := range x.Float32s() {
		x.Float32s()[i], y.Float32s()[i] = float32(math.Sin(float64(i))), float32(math.Cos(float64(3*i)))
	}
	product := func(opts ort.Options) []float32 {
		s := orttest.Session(t, matmul, opts)
		z := orttest.Tensor(t, []int64{n, n}, make([]float32, n*n)...)
		run(t, s, []*ort.Tensor{x, y}, []*ort.Tensor{z})
		out := []*ort.Tensor{nil} // the runtime's own output comes back from the GPU too
		run(t, s, []*ort.Tensor{x, y}, out)
		defer out[0].Close()
		for i, v := range out[0].Float32s() {
			if v != z.Float32s()[i] {
				t.Fatalf("allocated output differs at %d: %g, %g", i, v, z.Float32s()[i])
			}
		}
		return z.Float32s()
	}
	cpu := product(ort.Options{})
	cuda := product(ort.Options{Provider: ort.Provider{Name: ort.CUDA}})
	for i := range cpu {
		if d := math.Abs(float64(cpu[i] - cuda[i])); d > 1e-4 {
			t.Fatalf("element %d: %g on the CPU, %g on the GPU", i, cpu[i], cuda[i])
		}
	}
}
