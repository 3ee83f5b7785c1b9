package neighbour

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// A leading part of the coordinates is compared first. enough is the share of
// the squared length that it must hold, sampled how many rows the axes are taken
// from: other axes cost time, not correctness.
const (
	enough  = 0.6
	sampled = 2048
)

// lead is the rows in coordinates along the principal axes, in the order of how
// much of the rows lies along them, as far as they are wanted.
type lead struct {
	width int
	rows  []float32
	// rest is the length of what the other axes hold, of each row.
	rest []float32
}

// rotate finds the leading part of unit rows. Its width fills whole runs of
// packed words.
func rotate(rows []float32, width, workers int) lead {
	n := len(rows) / width
	l := lead{width: width, rows: rows, rest: make([]float32, n)}
	if width <= 3*run || n == 0 {
		return l // nothing is gained
	}
	axes, held := principal(rows, width)
	for l.width = 3 * run; l.width < width && held[l.width-1] < enough; {
		l.width = min(l.width+3*run, width)
	}
	m := l.width
	l.rows = make([]float32, n*m)
	share(n, workers, func(i int) {
		from, to, held := rows[i*width:(i+1)*width], l.rows[i*m:(i+1)*m], 0.0
		for k, x := range from {
			for j, a := range axes[k*width : k*width+m] {
				to[j] += x * a
			}
		}
		for _, x := range to {
			held += float64(x) * float64(x)
		}
		l.rest[i] = float32(math.Sqrt(max(0, 1-held) + 1e-6)) // rounding included
	})
	return l
}

// share calls f for 0 to n-1, a part of them on each worker.
func share(n, workers int, f func(i int)) {
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}

// principal returns the principal axes of the rows as the columns of a matrix,
// [width,width], and the share of the squared length that the first ones hold
// together.
func principal(rows []float32, width int) (axes []float32, held []float64) {
	n := len(rows) / width
	step := max(1, n/sampled)
	picked := mat.NewDense((n+step-1)/step, width, nil)
	for i := 0; i < n; i += step {
		for k, x := range rows[i*width : (i+1)*width] {
			picked.Set(i/step, k, float64(x))
		}
	}
	var moments mat.SymDense
	moments.SymOuterK(1, picked.T())
	axes, held = make([]float32, width*width), make([]float64, width)
	var eigen mat.EigenSym
	if !eigen.Factorize(&moments, true) {
		for k := range width { // the axes as they are, which are as right
			axes[k*width+k] = 1
		}
		return axes, held
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values, sum := eigen.Values(nil), 0.0 // the smallest first
	for j := range width {
		for k := range width {
			axes[k*width+j] = float32(vectors.At(k, width-1-j))
		}
		sum += values[width-1-j] / moments.Trace()
		held[j] = sum
	}
	return axes, held
}
