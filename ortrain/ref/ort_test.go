package ref_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/ref"
)

// cases are graphs that together use every standard operator, in ONNX text:
// inputs, then what follows "=>" of the graph. A number before a bar is the
// opset, 18 if there is none. Float inputs are drawn from (−2, 2), those whose
// name begins with p from (0.1, 2), integers from 0 to 3.
var cases = []string{
	`float[2,3] x => (float[2,3] y) { y = Abs (x) }`,
	`float[2,3] x, float[3] b => (float[2,3] y) { y = Add (x, b) }`,
	`int64[2,3] x, int64[2,1] b => (int64[2,3] y) { y = Add (x, b) }`,
	`bool[4] x, bool[4] b => (bool[4] y, bool[4] z, bool[4] v, bool[4] w) { y = And (x, b) z = Or (x, b) v = Xor (x, b) w = Not (x) }`,
	`float[3,4] x => (int64[3,1] y, int64[4] z) { y = ArgMax <axis: int = 1> (x) z = ArgMin <axis: int = 0, keepdims: int = 0> (x) }`,
	`float[5] x => (float[5] y) { y = Atan (x) }`,
	`float[5] x => (int64[5] y, double[5] z, bool[5] b, float16[5] h) { y = Cast <to: int = 7> (x) z = Cast <to: int = 11> (x) b = Cast <to: int = 9> (x) h = Cast <to: int = 10> (x) }`,
	`float[5] x, int64[1] k => (int64[5] y) { y = CastLike (x, k) }`,
	`float[5] x => (float[5] y, float[5] z, float[5] r) { y = Ceil (x) z = Floor (x) r = Round (x) }`,
	`float[2,4] x => (float[2,4] y) <float lo = {-0.5}, float hi = {1}> { y = Clip (x, lo, hi) }`,
	`float[2,4] x, float[3,4] b => (float[5,4] y) { y = Concat <axis: int = 0> (x, b) }`,
	`float[2] x => (float[2] y) { c = Constant <value_floats: floats = [1.5, -2.5]> () y = Add (x, c) }`,
	`float[2] x => (float[2,3] y) <int64[2] s = {2, 3}> { y = ConstantOfShape <value: tensor = float[1] {2.5}> (s) }`,
	`float[5] x => (float[5] y, float[5] z) { y = Cos (x) z = Sin (x) }`,
	`float[2,4] x => (float[2,4] y, float[2,4] z) <int64 axis = {1}> { y = CumSum (x, axis) z = CumSum <exclusive: int = 1, reverse: int = 1> (x, axis) }`,
	`float[2,3] x, float[2,3] p => (float[2,3] y) { y = Div (x, p) }`,
	`int64[2,3] x => (int64[2,3] y) <int64 two = {2}> { y = Div (x, two) }`,
	`float[2,3] x => (float[2,3] y) { y = Dropout (x) }`,
	`float[2,3] x, float[3,4] b => (float[2,4] y) { y = Einsum <equation: string = "ij,jk->ik"> (x, b) }`,
	`float[2,3,4] x, float[2,5,4] b => (float[2,3,5] y) { y = Einsum <equation: string = "bsd,btd->bst"> (x, b) }`,
	`float[5] x => (float[5] y, float[5] z, float[5] v, float[5] w) { y = Elu <alpha: float = 0.7> (x) z = LeakyRelu <alpha: float = 0.2> (x) v = HardSigmoid <alpha: float = 0.3, beta: float = 0.4> (x) w = Relu (x) }`,
	`int64[6] x, int64[6] b => (bool[6] y, bool[6] g, bool[6] h, bool[6] l, bool[6] k) { y = Equal (x, b) g = Greater (x, b) h = GreaterOrEqual (x, b) l = Less (x, b) k = LessOrEqual (x, b) }`,
	`float[5] x => (float[5] y, float[5] z) { y = Erf (x) z = Exp (x) }`,
	`float[3,1] x => (float[2,3,4] y) <int64[3] s = {2, 1, 4}> { y = Expand (x, s) }`,
	`float[2,3,4] x => (float[2,12] y, float[6,4] z) { y = Flatten <axis: int = 1> (x) z = Flatten <axis: int = -1> (x) }`,
	`float[3,4] x => (float[2,2,4] y, float[3,2] z) <int64[2,2] i = {0, 2, -1, 1}, int64[2] k = {3, -4}> { y = Gather (x, i) z = Gather <axis: int = 1> (x, k) }`,
	`float[3,2] x => (float[2,2] y) <int64[2,2] i = {0, 2, -1, 1}> { y = GatherElements <axis: int = 0> (x, i) }`,
	`float[2,3,4] x => (float[2,4] y, float[2,4] z) <int64[2,2] i = {0, 2, 1, -3}, int64[2,1] k = {2, 0}> { y = GatherND (x, i) z = GatherND <batch_dims: int = 1> (x, k) }`,
	`20 | float[6] x => (float[6] y, float[6] z) { y = Gelu (x) z = Gelu <approximate: string = "tanh"> (x) }`,
	`float[4,2] x, float[3,4] b, float[3] c => (float[2,3] y) { y = Gemm <transA: int = 1, transB: int = 1, alpha: float = 0.5, beta: float = 2.0> (x, b, c) }`,
	`float[4] x => (float[4] y) { y = Identity (x) }`,
	`float[4] x, float[4] z => (bool[4] y, bool[4] n) <float zero = {0}> { q = Mul (x, zero) r = Div (x, q) s = Div (q, q) y = IsInf (r) n = IsNaN (s) }`,
	`float[2,3,4] x, float[4] g, float[4] b => (float[2,3,4] y, float[2,3,1] m, float[2,3,1] i) { y, m, i = LayerNormalization <axis: int = -1, epsilon: float = 1e-5> (x, g, b) }`,
	`float[2,3,4] x, float[3,4] g => (float[2,3,4] y) { y = LayerNormalization <axis: int = 1> (x, g) }`,
	`float[5] p => (float[5] y, float[5] z, float[5] r) { y = Log (p) z = Sqrt (p) r = Reciprocal (p) }`,
	`float[2,3] x => (float[2,3] y, float[2,3] z) { y = LogSoftmax <axis: int = 0> (x) z = Softmax (x) }`,
	`11 | float[2,3,2] x => (float[2,3,2] y, float[2,3,2] z) { y = Softmax <axis: int = 1> (x) z = LogSoftmax <axis: int = 1> (x) }`,
	`float[2,1,3,4] x, float[5,4,2] b => (float[2,5,3,2] y) { y = MatMul (x, b) }`,
	`float[4] x, float[3,4] b => (float[3] y) { y = MatMul (b, x) }`,
	`float[2,3] x, float[3] b, float[2,1] c => (float[2,3] y, float[2,3] z, float[2,3] m, float[2,3] s) { y = Max (x, b, c) z = Min (x, b, c) m = Mean (x, b, c) s = Sum (x, b, c) }`,
	`int64[6] x => (int64[6] y) <int64 three = {3}> { y = Mod (x, three) }`,
	`float[6] x, float[6] p => (float[6] y) { y = Mod <fmod: int = 1> (x, p) }`,
	`float[2,3] x, float[2,1] b => (float[2,3] y, float[2,3] z, float[2,3] n) { y = Mul (x, b) z = Sub (b, x) n = Neg (x) }`,
	`float[3,5] x, int64[3] t => (float y, float[3] z) { l = LogSoftmax <axis: int = 1> (x) y = NegativeLogLikelihoodLoss <reduction: string = "mean"> (l, t) z = NegativeLogLikelihoodLoss <reduction: string = "none"> (l, t) }`,
	`int64[2,3] x => (int64[2,k] y) { y = NonZero (x) }`,
	`int64[4] x => (float[4,5] y) <int64 d = {5}, float[2] v = {-1, 2}> { y = OneHot (x, d, v) }`,
	`float[2,3] x => (float[4,6] y, float[2,5] z) <int64[4] p4 = {1, 0, 1, 3}, int64[4] q = {0, 1, 0, 1}, float v = {7}> { y = Pad (x, p4, v) z = Pad <mode: string = "reflect"> (x, q) }`,
	`float[5] p, float[5] x => (float[5] y) { y = Pow (p, x) }`,
	`float[5] x => (float[5] y) <int64 two = {2}> { y = Pow (x, two) }`,
	`float[1] x => (int64[4] y) <int64 a = {1}, int64 b = {9}, int64 c = {2}> { y = Range (a, b, c) }`,
	`13 | float[2,3,4] x => (float[2,1,4] a, float[2,4] b, float c) { a = ReduceL1 <axes: ints = [1]> (x) b = ReduceL2 <axes: ints = [-2], keepdims: int = 0> (x) c = ReduceSumSquare <keepdims: int = 0> (x) }`,
	`13 | float[2,3,4] x => (float[2,1,4] a, float[2,4] b, float[1,1,1] c, float[2,3] d) <int64[1] i = {-1}> { a = ReduceMax <axes: ints = [1]> (x) b = ReduceMin <axes: ints = [1], keepdims: int = 0> (x) c = ReduceMean (x) d = ReduceSum <keepdims: int = 0> (x, i) }`,
	`float[2,3,4] p => (float[2,1,4] a, float[2,4] b, float[1,1,1] c, float[2,3,4] d) <int64[1] i = {1}, int64[0] none = {}> { a = ReduceLogSum (p, i) b = ReduceLogSumExp <keepdims: int = 0> (p, i) c = ReduceProd (p) d = ReduceSum <noop_with_empty_axes: int = 1> (p, none) }`,
	`18 | float[2,3,4] x => (float[2,1,4] a, float[2,4] b, float[2,3] d, float[2,1,4] e, float[2,1,4] f) <int64[1] i = {1}, int64[1] k = {-1}> { a = ReduceMean (x, i) b = ReduceMax <keepdims: int = 0> (x, i) d = ReduceMin <keepdims: int = 0> (x, k) e = ReduceL1 (x, i) f = ReduceL2 (x, i) }`,
	`float[2,3,4] x => (float[2,12] y, float[3,8] z) <int64[2] s = {0, -1}, int64[2] r = {3, 8}> { y = Reshape (x, s) z = Reshape (x, r) }`,
	`float[3,3] x, float[2,3] u => (float[3,3] y, float[3,3] z) <int64[2,3] i = {1, 0, 2, 0, 2, 1}> { y = ScatterElements <axis: int = 0> (x, i, u) z = ScatterElements <axis: int = 0, reduction: string = "add"> (x, i, u) }`,
	`10 | float[3,3] x, float[2,3] u => (float[3,3] y) <int64[2,3] i = {1, 0, 2, 0, 2, 1}> { y = Scatter <axis: int = 0> (x, i, u) }`,
	`float[4,3] x, float[2,3] u => (float[4,3] y, float[4,3] z) <int64[2,1] i = {1, 3}> { y = ScatterND (x, i, u) z = ScatterND <reduction: string = "add"> (x, i, u) }`,
	`float[2,3] x => (int64[2] s, int64[1] t, int64 n) { s = Shape (x) t = Shape <start: int = -1> (x) n = Size (x) }`,
	`float[5] x => (float[5] y, float[5] s, float[5] t, float[5] u, float[5] v) { y = Sigmoid (x) s = Sign (x) t = Softplus (x) u = Softsign (x) v = Tanh (x) }`,
	`float[4,5] x => (float[2,3] y) <int64[2] a = {3, 0}, int64[2] b = {-5, 5}, int64[2] axes = {0, 1}, int64[2] step = {-2, 2}> { y = Slice (x, a, b, axes, step) }`,
	`float[3,5] x, int64[3] t, float[5] p => (float y, float[3] z, float[3,5] l) { y = SoftmaxCrossEntropyLoss <reduction: string = "mean"> (x, t, p) z, l = SoftmaxCrossEntropyLoss <reduction: string = "none", ignore_index: int = 1> (x, t) }`,
	`float[5,2] x => (float[2,2] y, float[3,2] z) <int64[2] s = {2, 3}> { y, z = Split <axis: int = 0> (x, s) }`,
	`13 | float[6,2] x => (float[3,2] y, float[3,2] z) { y, z = Split <axis: int = 0> (x) }`,
	`float[1,3,1,2] x => (float[3,1,2] y, float[3,2] z) <int64[1] a = {0}> { y = Squeeze (x, a) z = Squeeze (x) }`,
	`float[2,3] x => (float[4,3] y) <int64[2] r = {2, 1}> { y = Tile (x, r) }`,
	`float[2,3,4] x => (float[4,2,3] y, float[4,3,2] z) { y = Transpose <perm: ints = [2, 0, 1]> (x) z = Transpose (x) }`,
	`float[3,4] x => (float[3,4] y, float[3,4] z) <int64 k = {1}> { y = Trilu (x) z = Trilu <upper: int = 0> (x, k) }`,
	`float[2,3] x => (float[1,2,3,1] y) <int64[2] a = {0, -1}> { y = Unsqueeze (x, a) }`,
	`bool[2,3] c, float[2,3] x, float[3] b => (float[2,3] y) { y = Where (c, x, b) }`,
	`float[2,4] x, float[4] g => (float[2,4] y) { y = SimplifiedLayerNormalization <axis: int = -1, epsilon: float = 1e-6> (x, g) }`,
	`ms | float[2,4] x, float[4] b => (float[2,4] y, float[2,4] f, float[2,4] g, float[2,4] q) { y = com.microsoft.BiasGelu (x, b) f = com.microsoft.FastGelu (x, b) g = com.microsoft.Gelu (x) q = com.microsoft.QuickGelu <alpha: float = 1.5> (x) }`,
	`ms | float[2,3,4] x, float[2,3,5] b => (float[2,4,5] y) { y = com.microsoft.FusedMatMul <transA: int = 1, alpha: float = 0.5> (x, b) }`,
	`ms | float[2,3,4] x, float[2,3,4] s, float[4] g, float[4] b, float[4] c => (float[2,3,4] y) { y = com.microsoft.SkipLayerNormalization <epsilon: float = 1e-5> (x, s, g, b, c) }`,
}

// parseCase turns a line of cases into a model.
func parseCase(t *testing.T, line string) *onnx.Model {
	t.Helper()
	opsets := `"" : 18`
	if before, after, ok := strings.Cut(line, " | "); ok {
		line = after
		if opsets = `"" : ` + before; before == "ms" {
			opsets = `"" : 18, "com.microsoft" : 1`
		}
	}
	inputs, rest, _ := strings.Cut(line, " => ")
	return onnxtest.MustParse(t, fmt.Sprintf("<ir_version: 9, opset_import: [%s]>\ng (%s) => %s", opsets, inputs, rest))
}

// draw makes feeds of the declared sizes that are exact in float32.
func draw(m *onnx.Model, rng *rand.Rand) map[string]*ref.Tensor {
	feeds := make(map[string]*ref.Tensor)
	for _, v := range m.Graph.Inputs {
		dims := v.Type.Shape.Sizes()
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		f, i, b := make([]float64, n), make([]int64, n), make([]bool, n)
		for k := range n {
			low, width := -2.0, 4.0
			if v.Name[0] == 'p' {
				low, width = 0.1, 1.9
			}
			f[k] = float64(float32(low + width*rng.Float64()))
			i[k], b[k] = rng.Int64N(4), rng.IntN(2) == 0
		}
		switch v.Type.DType {
		case onnx.Int64:
			feeds[v.Name] = ref.Ints(dims, i...)
		case onnx.Bool:
			feeds[v.Name] = ref.Bools(dims, b...)
		default:
			feeds[v.Name] = ref.Floats(dims, f...)
			feeds[v.Name].DType = v.Type.DType
		}
	}
	return feeds
}

// runStock runs a model on a stock runtime.
func runStock(ctx context.Context, t *testing.T, m *onnx.Model, feeds map[string]*ref.Tensor) map[string]*ref.Tensor {
	t.Helper()
	data, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	s := orttest.Session(t, data, ort.Options{Name: "ref", IntraOpThreads: 1})
	in, out := make([]*ort.Tensor, len(s.Inputs())), make([]*ort.Tensor, len(s.Outputs()))
	for i, port := range s.Inputs() {
		c, err := feeds[port.Name].ONNX()
		if err != nil {
			t.Fatal(err)
		}
		if in[i], err = ort.NewTensor(c.DType, c.Dims...); err != nil {
			t.Fatal(err)
		}
		copy(in[i].Bytes(), c.Raw)
	}
	if err := s.Run(ctx, in, out); err != nil {
		t.Fatal(err)
	}
	results := make(map[string]*ref.Tensor)
	for i, port := range s.Outputs() {
		if out[i].DType() == onnx.Bool {
			results[port.Name] = ref.Bools(out[i].Shape(), out[i].Bools()...)
		} else if results[port.Name], err = ref.FromONNX(&onnx.Tensor{DType: out[i].DType(), Dims: out[i].Shape(), Raw: slices.Clone(out[i].Bytes())}); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range slices.Concat(in, out) {
		_ = v.Close()
	}
	return results
}

// TestStockRuntime compares every standard operator with a stock runtime's:
// integers exactly, floats to float32's rounding.
func TestStockRuntime(t *testing.T) {
	orttest.Env(t)
	rng := rand.New(rand.NewPCG(7, 7))
	for _, line := range cases {
		t.Run(line, func(t *testing.T) {
			m := parseCase(t, line)
			feeds := draw(m, rng)
			got, err := ref.Run(t.Context(), m, feeds)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range runStock(t.Context(), t, m, feeds) {
				if diff := differ(got[name], want); diff != "" {
					t.Errorf("%s: %s\n got %v\nwant %v", name, diff, got[name], want)
				}
			}
		})
	}
}

// differ says how two tensors differ, "" if they agree.
func differ(got, want *ref.Tensor) string {
	if got == nil || got.DType != want.DType || !slices.Equal(got.Dims, want.Dims) {
		return "other type or sizes"
	}
	if !slices.Equal(got.I, want.I) {
		return fmt.Sprintf("%v, want %v", got.I, want.I)
	}
	bound := 2e-6
	if want.DType == onnx.Float16 {
		bound = 1e-3
	}
	for i, w := range want.F {
		if g := got.F[i]; math.Abs(g-w) > bound*max(1, math.Abs(w)) || math.IsNaN(g) != math.IsNaN(w) {
			return fmt.Sprintf("element %d is %v, want %v", i, g, w)
		}
	}
	return ""
}

// TestEveryStandardOperatorHasACase keeps the table and the cases together;
// operators of other domains are checked where their bodies are, in trainop.
func TestEveryStandardOperatorHasACase(t *testing.T) {
	used := map[string]bool{}
	for _, line := range cases {
		for _, n := range parseCase(t, line).Graph.Nodes {
			used[n.Op] = true
		}
	}
	for _, op := range ref.Standard() {
		if !used[op] {
			t.Errorf("%s has no case", op)
		}
	}
}
