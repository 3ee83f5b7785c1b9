package ref_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/ref"
)

func model(t *testing.T, graph string) *onnx.Model {
	t.Helper()
	return onnxtest.MustParse(t, "<ir_version: 9, opset_import: [\"\" : 18, \"ai.other\" : 1]>\ng "+graph)
}

func TestErrorsNameTheNode(t *testing.T) {
	x := ref.Floats([]int64{2}, 1, 2)
	for _, c := range []struct {
		graph string
		feeds map[string]*ref.Tensor
		opts  ref.Options
		want  error
		text  string
	}{
		{`(float[2] x) => (float[2] y) { y = ai.other.Strange (x) }`, map[string]*ref.Tensor{"x": x}, ref.Options{}, ref.ErrNoOp, "Strange"},
		{`(float[2] x, float[3] z) => (float[2] y) { y = Add (x, z) }`, map[string]*ref.Tensor{"x": x, "z": ref.Floats([]int64{3}, 1, 2, 3)}, ref.Options{}, ref.ErrInput, "Add"},
		{`(float[2] x) => (float[2] y) { y = Neg (x) }`, nil, ref.Options{}, ref.ErrInput, "not fed"},
		{`(float[2] x) => (float[2] y) { y = Neg (x) }`, map[string]*ref.Tensor{"x": x, "q": x}, ref.Options{}, ref.ErrInput, `"q"`},
		{`(float[2] x) => (float[2] y) { y = Neg (x) }`, map[string]*ref.Tensor{"x": ref.Ints([]int64{2}, 1, 2)}, ref.Options{}, ref.ErrInput, "x"},
		{`(float[2] x) => (bool[2] y) { y = Not (x) }`, map[string]*ref.Tensor{"x": x}, ref.Options{}, ref.ErrInput, "Not"},
		{`(int64[2] x) => (float[a,b] y) { y = ConstantOfShape (x) }`, map[string]*ref.Tensor{"x": ref.Ints([]int64{2}, 1<<31, 1<<31)}, ref.Options{}, ref.ErrLimit, "ConstantOfShape"},
		{`(float[2] x) => (float[2] y) { a = Exp (x) y = Exp (a) }`, map[string]*ref.Tensor{"x": x}, ref.Options{MaxWork: 3}, ref.ErrLimit, "Exp"},
		{`(float[2] x) => (float[2] y) <float r = {0.5}, bool yes = {1}> { y = Dropout (x, r, yes) }`, map[string]*ref.Tensor{"x": x}, ref.Options{}, ref.ErrRandom, "Dropout"},
	} {
		e, err := ref.New(model(t, c.graph), c.opts)
		if err == nil {
			_, err = e.Run(t.Context(), c.feeds)
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v that names %s", c.graph, err, c.want, c.text)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ref.Run(ctx, model(t, `(float[2] x) => (float[2] y) { y = Exp (x) }`), map[string]*ref.Tensor{"x": ref.Floats([]int64{2}, 1, 2)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// Floats stay float64 whatever the model declares; integers wrap to their type.
func TestPrecision(t *testing.T) {
	third := ref.Floats([]int64{1}, 1.0/3)
	out, err := ref.Run(t.Context(), model(t, `(float[1] x) => (float[1] y) { y = Identity (x) }`), map[string]*ref.Tensor{"x": third})
	if err != nil || out["y"].F[0] != 1.0/3 {
		t.Errorf("got %v, %v; want an unrounded third", out["y"], err)
	}
	wide := ref.Ints([]int64{3}, 300, -1, 1<<40)
	out, err = ref.Run(t.Context(), model(t, `(int64[3] x) => (uint8[3] y) { y = Cast <to: int = 2> (x) }`), map[string]*ref.Tensor{"x": wide})
	if err != nil || fmt.Sprint(out["y"].I) != "[44 255 0]" {
		t.Errorf("got %v, %v; want [44 255 0]", out["y"], err)
	}
	out, err = ref.Run(t.Context(), model(t, `(double[3] x) => (int32[3] y) { y = Cast <to: int = 6> (x) }`),
		map[string]*ref.Tensor{"x": {DType: onnx.Double, Dims: []int64{3}, F: []float64{-1.9, math.NaN(), 1e30}}})
	if err != nil || fmt.Sprint(out["y"].I) != "[-1 0 2147483647]" {
		t.Errorf("got %v, %v; want [-1 0 2147483647]", out["y"], err)
	}
}

// Tensors survive the way to ONNX and back, each rounded to its type.
func TestONNXAndBack(t *testing.T) {
	for _, d := range []onnx.DType{onnx.Float, onnx.Double, onnx.Float16, onnx.BFloat16} {
		x := &ref.Tensor{DType: d, Dims: []int64{4}, F: []float64{0, 1.5, -2, 1024}} // exact in all of them
		c, err := x.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ref.FromONNX(c)
		if err != nil || fmt.Sprint(back.F) != fmt.Sprint(x.F) {
			t.Errorf("%s: %v became %v, %v", d, x.F, back, err)
		}
	}
	for _, d := range []onnx.DType{onnx.Int8, onnx.Uint8, onnx.Int16, onnx.Uint16, onnx.Int32, onnx.Uint32, onnx.Int64, onnx.Bool} {
		x := &ref.Tensor{DType: d, Dims: []int64{2}, I: []int64{0, 1}}
		c, err := x.ONNX()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ref.FromONNX(c)
		if err != nil || fmt.Sprint(back.I) != fmt.Sprint(x.I) || back.DType != d {
			t.Errorf("%s: %v became %v, %v", d, x.I, back, err)
		}
	}
}

// The masks of Dropout are a function of seed and node, keep the stated share
// and scale what they keep.
func TestDropout(t *testing.T) {
	m := model(t, `(float[4000] x) => (float[4000] y, bool[4000] mask) <float r = {0.25}, bool yes = {1}> { y, mask = Dropout (x, r, yes) }`)
	ones := make([]float64, 4000)
	for i := range ones {
		ones[i] = 1
	}
	feeds := map[string]*ref.Tensor{"x": ref.Floats([]int64{4000}, ones...)}
	run := func(seed uint64) map[string]*ref.Tensor {
		e, err := ref.New(m, ref.Options{Dropout: &ref.Dropout{Seed: seed}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := e.Run(t.Context(), feeds)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first, again, other := run(1), run(1), run(2)
	if fmt.Sprint(first["y"].F) != fmt.Sprint(again["y"].F) || fmt.Sprint(first["y"].F) == fmt.Sprint(other["y"].F) {
		t.Error("masks do not follow the seed")
	}
	kept := 0
	for i, keep := range first["mask"].I {
		want := 0.0
		if keep != 0 {
			kept++
			want = 1 / 0.75
		}
		if math.Abs(first["y"].F[i]-want) > 1e-12 {
			t.Fatalf("element %d is %v, mask %d", i, first["y"].F[i], keep)
		}
	}
	if kept < 2850 || kept > 3150 { // 3000 expected, standard deviation 27
		t.Errorf("%d of 4000 kept at ratio 0.25", kept)
	}
}

func TestFunctions(t *testing.T) {
	m := onnxtest.MustParse(t, `<ir_version: 9, opset_import: ["" : 18, "mine" : 1]>
		g (float[2] x) => (float[2] y) { y = mine.Twice <times: float = 3.0> (x) }
		<domain: "mine", opset_import: ["" : 18]>
		Twice <times> (x) => (y) { k = Constant <value_float: float = @times> () y = Mul (x, k) }`)
	out, err := ref.Run(t.Context(), m, map[string]*ref.Tensor{"x": ref.Floats([]int64{2}, 1, 2)})
	if err != nil || fmt.Sprint(out["y"].F) != "[3 6]" {
		t.Errorf("got %v, %v; want [3 6]", out["y"], err)
	}
}

func Example() {
	m, err := onnx.Parse(`<ir_version: 9, opset_import: ["" : 18]>
		g (float[2] x) => (float[2] y) { y = Softmax (x) }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := ref.Run(context.Background(), m, map[string]*ref.Tensor{"x": ref.Floats([]int64{2}, 0, math.Log(3))})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", out["y"].F)
	// Output: [0.25 0.75]
}
