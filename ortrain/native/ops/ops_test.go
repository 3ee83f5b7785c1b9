package ops

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/ortrain/ortrain/pipeline/random"
)

// kernel numbers, in the order of names.
const (
	gelu = iota
	geluGrad
	maskScale
	maskScaleAdd
	biasSoftmax
	softmaxGrad
	layerNormGrad
	columnSum
)

// trial is one call of a kernel with its inputs on the Go side and what float64
// says the outputs are.
type trial struct {
	name   string
	kernel int
	in     [][]float32
	mask   []uint8
	shape  call
	want   [][]float64
	// bound is relative to the largest value of an output.
	bound float64
}

func normal(seed uint64, n int, scale float64) []float32 {
	s := random.New(seed, random.Evaluate, 0, 0, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(scale * s.Normal())
	}
	return x
}

func (c trial) run(t *testing.T, form int) ([][]float32, bool) {
	t.Helper()
	call := c.shape
	for _, x := range c.in {
		var p unsafe.Pointer
		var free func()
		if x == nil {
			p, free = cBytes(c.mask)
		} else {
			p, free = cFloats(x)
		}
		defer free()
		call.in = append(call.in, p)
	}
	for _, w := range c.want {
		call.out = append(call.out, make([]float32, len(w)))
	}
	return call.out, serial(form, c.kernel, call)
}

func phi(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func elementwise(n int, f func(i int) float64) [][]float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = f(i)
	}
	return [][]float64{out}
}

// trials covers widths around the vector length and rows around the span.
func trials() []trial {
	var all []trial
	for _, n := range []int{1, 15, 16, 17, 1000, 16384, 16400} {
		x, dy, r := normal(1, n, 2), normal(2, n, 1), normal(3, n, 1)
		mask := make([]uint8, n)
		for i := range mask {
			mask[i] = uint8(i % 3 & 1)
		}
		s := call{rows: n, width: 1, per: 1, scale: 1.25}
		all = append(all,
			trial{fmt.Sprintf("Gelu/%d", n), gelu, [][]float32{x}, nil, s,
				elementwise(n, func(i int) float64 { v := float64(x[i]); return v * phi(v) }), 2e-7},
			trial{fmt.Sprintf("GeluGrad/%d", n), geluGrad, [][]float32{dy, x}, nil, s,
				elementwise(n, func(i int) float64 {
					v := float64(x[i])
					return float64(dy[i]) * (phi(v) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
				}), 3e-7},
			trial{fmt.Sprintf("MaskScale/%d", n), maskScale, [][]float32{x, nil}, mask, s,
				elementwise(n, func(i int) float64 { return 1.25 * float64(mask[i]) * float64(x[i]) }), 1e-7},
			trial{fmt.Sprintf("MaskScaleAdd/%d", n), maskScaleAdd, [][]float32{x, nil, r}, mask, s,
				elementwise(n, func(i int) float64 { return 1.25*float64(mask[i])*float64(x[i]) + float64(r[i]) }), 2e-7},
		)
	}
	for _, width := range []int{1, 7, 16, 33, 384} {
		for _, rows := range []int{4, 64, 132} {
			all = append(all, rowTrials(rows, width)...)
		}
	}
	return all
}

func rowTrials(rows, width int) []trial {
	n := rows * width
	x, dy := normal(4, n, 3), normal(5, n, 1)
	bias := make([]float32, rows/4*width)
	for i := range bias {
		if i%width > width/2 {
			bias[i] = -math.MaxFloat32
		}
	}
	soft := elementwise(n, func(int) float64 { return 0 })[0]
	y := make([]float32, n)
	grad := make([]float64, n)
	for r := range rows {
		var total, dot float64
		for i := range width {
			soft[r*width+i] = math.Exp(float64(x[r*width+i])+float64(bias[r/4*width+i])) + 0
			total += soft[r*width+i]
		}
		for i := range width {
			soft[r*width+i] /= total
			y[r*width+i] = float32(soft[r*width+i])
			dot += float64(dy[r*width+i]) * float64(y[r*width+i])
		}
		for i := range width {
			grad[r*width+i] = float64(y[r*width+i]) * (float64(dy[r*width+i]) - dot)
		}
	}
	sums := make([]float64, width)
	for i, v := range x {
		sums[i%width] += float64(v)
	}
	name := fmt.Sprintf("/%dx%d", rows, width)
	return append([]trial{
		{"BiasSoftmax" + name, biasSoftmax, [][]float32{x, bias}, nil, call{rows: rows, width: width, per: 4}, [][]float64{soft}, 5e-7},
		{"SoftmaxGrad" + name, softmaxGrad, [][]float32{dy, y}, nil, call{rows: rows, width: width, per: 1}, [][]float64{grad}, 1e-6},
		{"ColumnSum" + name, columnSum, [][]float32{x}, nil, call{rows: rows, width: width, per: 1}, [][]float64{sums}, 1e-6},
	}, normTrial(name, rows, width, x, dy))
}

func normTrial(name string, rows, width int, x, dy []float32) trial {
	scale := normal(6, width, 1)
	mean, inv := make([]float32, rows), make([]float32, rows)
	dx, ds, db := make([]float64, rows*width), make([]float64, width), make([]float64, width)
	for r := range rows {
		row := x[r*width : (r+1)*width]
		var m, v float64
		for _, a := range row {
			m += float64(a) / float64(width)
		}
		for _, a := range row {
			v += (float64(a) - m) * (float64(a) - m) / float64(width)
		}
		mean[r], inv[r] = float32(m), float32(1/math.Sqrt(v+1))
		var mb, mbh float64
		for i, a := range row {
			h := (float64(a) - float64(mean[r])) * float64(inv[r])
			g := float64(dy[r*width+i])
			b := g * float64(scale[i])
			mb, mbh = mb+b/float64(width), mbh+b*h/float64(width)
			ds[i], db[i] = ds[i]+g*h, db[i]+g
		}
		for i, a := range row {
			h := (float64(a) - float64(mean[r])) * float64(inv[r])
			dx[r*width+i] = (float64(dy[r*width+i])*float64(scale[i]) - mb - h*mbh) * float64(inv[r])
		}
	}
	return trial{"LayerNormalizationGrad" + name, layerNormGrad, [][]float32{dy, x, scale, mean, inv}, nil,
		call{rows: rows, width: width, per: 1}, [][]float64{dx, ds, db}, 2e-6}
}

func TestKernelsAgreeWithFloat64AndEachOther(t *testing.T) {
	for _, c := range trials() {
		t.Run(c.name, func(t *testing.T) {
			plain, _ := c.run(t, 0)
			for o, want := range c.want {
				var largest, worst float64
				for i, w := range want {
					largest = max(largest, math.Abs(w))
					d := math.Abs(float64(plain[o][i]) - w)
					if math.IsNaN(d) {
						t.Fatalf("output %d: element %d is %g, want %g", o, i, plain[o][i], w)
					}
					worst = max(worst, d)
				}
				if worst > c.bound*max(largest, 1) {
					t.Errorf("output %d: largest difference %.3g of values up to %.3g", o, worst, largest)
				}
			}
			for form := 1; form < forms; form++ {
				got, ok := c.run(t, form)
				if !ok {
					continue // this machine has no such instructions
				}
				for o := range got {
					for i := range got[o] {
						if math.Float32bits(got[o][i]) != math.Float32bits(plain[o][i]) {
							t.Fatalf("form %d, output %d: element %d is %g, the plain form has %g", form, o, i, got[o][i], plain[o][i])
						}
					}
				}
			}
		})
	}
}

func TestGeluFarOut(t *testing.T) {
	c := trial{kernel: gelu, in: [][]float32{{-100, -6, 6, 100, 0, -0.67, 0.672}}, shape: call{rows: 7, width: 1, per: 1}, want: [][]float64{make([]float64, 7)}}
	out, _ := c.run(t, 0)
	for i, x := range c.in[0] {
		if want := float64(x) * phi(float64(x)); math.Abs(float64(out[0][i])-want) > 2e-6 {
			t.Errorf("Gelu(%g) = %g, want %g", x, out[0][i], want)
		}
	}
}

func ExampleList() {
	fmt.Println(Domain, List()[0])
	// Output: ortrain.native Gelu
}
