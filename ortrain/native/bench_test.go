package native_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

// bertBody is the number of BERT-base's weights outside its embeddings.
const bertBody = 86_000_000

func memory(b *testing.B, n int) []float32 {
	b.Helper()
	buffer, err := native.AllocFloat32s(n)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = buffer.Close() })
	x := buffer.Float32s()
	for i := range x {
		x[i] = 1 / float32(i%1000+1)
	}
	return x
}

// benchForms runs f for every form but Go, on one thread and on all.
func benchForms(b *testing.B, f func(b *testing.B, k native.Kernels)) {
	for _, form := range native.Forms()[1:] {
		for threads := 1; threads <= runtime.NumCPU(); threads *= 2 {
			b.Run(fmt.Sprintf("%s/%d", form, threads), func(b *testing.B) {
				k, err := native.New(threads).WithForm(form)
				if err != nil {
					b.Fatal(err)
				}
				f(b, k)
			})
		}
	}
}

func BenchmarkAdamW(b *testing.B) {
	w, g, m, v := memory(b, bertBody), memory(b, bertBody), memory(b, bertBody), memory(b, bertBody)
	benchForms(b, func(b *testing.B, k native.Kernels) {
		j := native.AdamWJob{AdamW: adamW(native.Torch), W: w, G: g, M: m, V: v}
		b.SetBytes(28 * bertBody)
		for b.Loop() {
			if err := k.AdamW(j); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSumSquares(b *testing.B) {
	g := memory(b, bertBody)
	benchForms(b, func(b *testing.B, k native.Kernels) {
		b.SetBytes(4 * bertBody)
		for b.Loop() {
			k.SumSquares(native.Squares{Data: g})
		}
	})
}

// A batch of 4096 tokens of MiniLM's width, about 1500 of them distinct.
func BenchmarkMergeRows(b *testing.B) {
	const height, width = 30522, 384
	parts := rowParts(random.New(11, random.Init, 0, 0, 0), height, width, 4096)
	benchForms(b, func(b *testing.B, k native.Kernels) {
		var g native.RowGrad
		defer g.Close()
		b.SetBytes(4096 * width * 4)
		for b.Loop() {
			if err := k.MergeRows(&g, height, width, parts...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(g.Rows)), "rows")
	})
}

func BenchmarkFillMasks(b *testing.B) {
	dst := make([]uint8, 16<<20)
	benchForms(b, func(b *testing.B, k native.Kernels) {
		b.SetBytes(int64(len(dst)))
		for b.Loop() {
			if err := k.FillMasks(native.Mask{Dst: dst, Key: random.Key(1), P: 0.1}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecayRows(b *testing.B) {
	const height, width, steps = 30522, 384, 100
	w := memory(b, height*width)
	rows := native.Rows{Width: width, Sum: make([]int32, height)}
	for r := range int32(height) {
		rows.Row = append(rows.Row, r)
	}
	factors := make([]float32, steps)
	for i := range factors {
		factors[i] = 1 - 1e-6
	}
	benchForms(b, func(b *testing.B, k native.Kernels) {
		for b.Loop() {
			if err := k.DecayRows(native.Torch, w, rows, factors); err != nil {
				b.Fatal(err)
			}
		}
	})
}
