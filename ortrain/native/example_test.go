package native_test

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

// One optimizer step on memory outside the Go heap.
func Example() {
	const n = 1000
	memory, err := native.AllocFloat32s(4 * n)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer memory.Close()
	x := memory.Float32s()
	w, g, m, v := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:]
	for i := range g {
		g[i] = float32(i%3) - 1
	}

	kernels := native.New(2)
	fmt.Println("sum of squares:", kernels.SumSquares(native.Squares{Data: g})[0])
	err = kernels.AdamW(native.AdamWJob{
		AdamW: native.AdamW{LR: 0.5, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, GradScale: 1, Step: 1},
		W:     w, G: g, M: m, V: v,
	})
	fmt.Printf("%.2f %v\n", w[:3], err)
	// Output:
	// sum of squares: 667
	// [0.50 0.00 -0.50] <nil>
}

// A dropout mask is a pure function of its key and place.
func ExampleKernels_FillMasks() {
	mask := native.Mask{Dst: make([]uint8, 12), Key: random.Key(42), Site: 3, MicroBatch: 0, Step: 17, P: 0.25}
	err := native.New(1).FillMasks(mask)
	fmt.Println(mask.Dst, err)
	// Output:
	// [1 1 1 1 1 1 1 1 1 0 1 1] <nil>
}
