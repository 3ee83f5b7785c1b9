package native_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/pipeline/random"
)

// lengths meet every vector size, tail, span and block border.
var lengths = []int{0, 1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 127, 129, 1000, 16384, 16385, 40000}

// everyKernels calls f for each form on several thread counts.
func everyKernels(t *testing.T, f func(t *testing.T, k native.Kernels)) {
	t.Helper()
	for _, form := range native.Forms() {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", form, threads), func(t *testing.T) {
				k, err := native.New(threads).WithForm(form)
				if err != nil {
					t.Fatal(err)
				}
				f(t, k)
			})
		}
	}
}

// numbers draws values of every kind that an update can meet: ordinary ones,
// zeros of both signs, subnormal, tiny and large ones.
func numbers(stream *random.Stream, n int, positive bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		v := stream.Normal()
		switch stream.IntN(12) {
		case 0:
			v = 0
		case 1:
			v *= 0x1p-140
		case 2:
			v *= 0x1p-124
		case 3:
			v *= 1e12
		}
		if positive {
			v = math.Abs(v)
		}
		x[i] = float32(v)
		if !positive && v == 0 && stream.IntN(2) == 0 {
			x[i] = float32(math.Copysign(0, -1))
		}
	}
	return x
}

func clone(x []float32) []float32 { return append([]float32(nil), x...) }

// sameBits fails at the first number whose bits differ.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s[%d of %d] = %v (%#x), want %v (%#x)", what, i, len(want), got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

func TestFormsAndThreads(t *testing.T) {
	forms := native.Forms()
	if len(forms) < 2 || forms[0] != native.Go || forms[1] != native.Plain {
		t.Fatalf("forms = %v, want at least go and plain", forms)
	}
	if k := native.New(4); k.Form() != forms[len(forms)-1] || k.Threads() != 4 {
		t.Errorf("New(4) is %s on %d threads", k.Form(), k.Threads())
	}
	var zero native.Kernels
	if zero.Form() != native.Go || zero.Threads() != 1 {
		t.Errorf("the zero Kernels is %s on %d threads", zero.Form(), zero.Threads())
	}
	if _, err := zero.WithForm(native.Form(77)); !errors.Is(err, native.ErrForm) {
		t.Errorf("WithForm(77): %v", err)
	}
	if got := native.Form(77).String(); got != "form(77)" {
		t.Errorf("Form(77) prints %q", got)
	}
}

func TestEachRunsEveryIndexOnce(t *testing.T) {
	for _, threads := range []int{-1, 1, 2, 9} {
		for _, n := range []int{0, 1, 5, 1000} {
			seen := make([]int, n)
			native.New(threads).Each(n, func(i int) { seen[i]++ })
			for i, c := range seen {
				if c != 1 {
					t.Fatalf("%d threads: index %d of %d ran %d times", threads, i, n, c)
				}
			}
		}
	}
}
