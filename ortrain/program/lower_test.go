package program_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/native/ops"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

const header = `<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
`

// table is a training graph of a lookup, a dropout and a weighting: the
// smallest in which every lowering step has work to do.
const table = header + `g (int64[N] ids, float[5,2] words, float[2] w, float[5,2] "words_grad.accumulation.buffer", float[2] "w_grad.accumulation.buffer", bool[1] lazy_reset_grad)
 => (float loss, bool[1] "words_grad.accumulation.out", bool[1] "w_grad.accumulation.out")
<float loss_grad = {1}, float ratio = {0.25}, bool yes = {1}, int64[2] shape = {5, 2}, int64[2] all = {0, 1}, int64[1] first = {0}> {
  rows = Gather<axis = 0>(words, ids)
  kept, mask = Dropout(rows, ratio, yes)
  y = Mul(kept, w)
  loss = ReduceSum<keepdims = 0>(y, all)
  n = Shape(y)
  dy = Expand(loss_grad, n)
  dkept = Mul(dy, w)
  yw = Mul(dy, kept)
  dw = ReduceSum<keepdims = 0>(yw, first)
  drows = com.microsoft.DropoutGrad(dkept, mask, ratio, yes)
  dwords = com.microsoft.GatherGrad<axis = 0>(shape, ids, drows)
  "words_grad.accumulation.out" = com.microsoft.InPlaceAccumulatorV2("words_grad.accumulation.buffer", dwords, lazy_reset_grad)
  "w_grad.accumulation.out" = com.microsoft.InPlaceAccumulatorV2("w_grad.accumulation.buffer", dw, lazy_reset_grad)
}`

func lowered(t *testing.T, text string, opts program.Options, params ...string) *program.Lowered {
	t.Helper()
	low, err := program.Lower(onnxtest.MustParse(t, text), params, opts)
	if err != nil {
		t.Fatal(err)
	}
	return low
}

func TestLowerSaysWhatInputsAndOutputsMean(t *testing.T) {
	low := lowered(t, table, program.Options{}, "words", "w")
	if low.Loss != "loss" || low.Seed != "loss_grad" || !slices.Equal(low.Params, []string{"words", "w"}) {
		t.Errorf("%+v", low)
	}
	if len(low.Dense) != 1 || low.Dense[0] != (program.DenseGrad{Param: "w", Output: "w_grad"}) {
		t.Errorf("dense gradients %v", low.Dense)
	}
	if len(low.Rows) != 1 || low.Rows[0].Param != "words" || low.Rows[0].Indices != "ids" || !low.Rows[0].IndicesAreInput {
		t.Errorf("row gradients %v", low.Rows)
	}
	if len(low.Sites) != 1 || low.Sites[0].Ratio != 0.25 || low.Sites[0].Shape.String() != "[N,2]" {
		t.Errorf("dropout sites %v", low.Sites)
	}
	for _, n := range low.Model.Graph.Nodes {
		if n.Domain != "" || n.Op == "Dropout" {
			t.Errorf("%s.%s is left", n.Domain, n.Op)
		}
	}
	for _, v := range low.Model.Graph.Inputs {
		if strings.Contains(v.Name, "accumulation") || v.Name == "lazy_reset_grad" {
			t.Errorf("input %v is left", v)
		}
	}
}

// run runs the lowered table graph and returns loss, gradient of w and row
// gradient.
func run(t *testing.T, opts program.Options, key program.MaskKey, seed float32, ids ...int64) (float32, []float32, []float32) {
	t.Helper()
	low := lowered(t, table, opts, "words", "w")
	held := map[string]*ort.Tensor{
		"words":  orttest.Tensor[float32](t, []int64{5, 2}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
		"w":      orttest.Tensor[float32](t, []int64{2}, 10, 100),
		"w_grad": orttest.Tensor[float32](t, []int64{2}, 0, 0),
	}
	so := ort.Options{Name: "table", IntraOpThreads: 1}
	if opts.Native {
		so.Register = ops.Register
	}
	g, err := program.NewGraph(orttest.Env(t), low, held, native.New(1), so)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	feeds := map[string]program.Feed{"ids": {Dims: []int64{int64(len(ids))}, Int64: ids}}
	if err := g.Run(context.Background(), feeds, seed, key); err != nil {
		t.Fatal(err)
	}
	return g.Output("loss").Float32s()[0], slices.Clone(held["w_grad"].Float32s()), slices.Clone(g.Output(low.Rows[0].Rows).Float32s())
}

// The masks are those that package random defines, forward and backward use the
// same, and the seed scales gradients and not the loss.
func TestDropoutReplaysItsMask(t *testing.T) {
	ids := []int64{4, 0, 4, 2, 1, 3, 0, 1}
	key := program.MaskKey{Seed: random.Key(7), Step: 3, MicroBatch: 1}
	words := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	w := []float64{10, 100}
	var loss float64
	dw, rows, dropped := make([]float64, 2), make([]float64, 2*len(ids)), 0
	for i, id := range ids {
		for k := range 2 {
			e := 2*i + k
			word := random.Philox(random.DropoutCounter(uint64(e/4), 0, 1, 3), key.Seed)[e%4]
			keep := 0.0
			if float64(word) >= 0.25*(1<<32) {
				keep = 1 / 0.75
			} else {
				dropped++
			}
			x := words[2*id+int64(k)] * keep
			loss += x * w[k]
			dw[k] += 2 * x
			rows[e] = 2 * w[k] * keep
		}
	}
	if dropped == 0 || dropped == len(rows) {
		t.Fatalf("%d of %d elements are dropped: the case shows nothing", dropped, len(rows))
	}
	for _, opts := range []program.Options{{}, {Native: true}} {
		gotLoss, gotW, gotRows := run(t, opts, key, 2, ids...)
		if math.Abs(float64(gotLoss)-loss) > 1e-3 {
			t.Errorf("%+v: loss %g, want %g", opts, gotLoss, loss)
		}
		for k := range dw {
			if math.Abs(float64(gotW[k])-dw[k]) > 1e-3 {
				t.Errorf("%+v: dw %v, want %v", opts, gotW, dw)
			}
		}
		for e := range rows {
			if math.Abs(float64(gotRows[e])-rows[e]) > 1e-4 {
				t.Errorf("%+v: rows %v, want %v", opts, gotRows, rows)
				break
			}
		}
	}
}

func TestLowerRefusesByName(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"buffer name":    {"words_grad.accumulation.buffer", "words_buffer", "words_buffer"},
		"no seed":        {"loss_grad", "seed", "loss_grad"},
		"ratio too high": {"ratio = {0.25}", "ratio = {1.5}", "ratio"},
	} {
		text := strings.ReplaceAll(table, c.old, c.new)
		_, err := program.Lower(onnxtest.MustParse(t, text), []string{"words", "w"}, program.Options{})
		if !errors.Is(err, program.ErrLower) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An evaluation graph has no gradients, and its dropout is the identity.
func TestLowerEvaluation(t *testing.T) {
	low := lowered(t, header+`g (float[N] x, float w) => (float loss, float[N] logits)
<float ratio = {0.5}, bool no = {0}, int64[1] first = {0}> {
  d, mask = Dropout(x, ratio, no)
  logits = Mul(d, w)
  loss = ReduceSum<keepdims = 0>(logits, first)
}`, program.Options{}, "w")
	if low.Seed != "" || len(low.Sites) != 0 || !slices.Equal(low.Extra, []string{"logits"}) || len(low.Model.Graph.Nodes) != 2 {
		t.Errorf("%+v with %d nodes", low, len(low.Model.Graph.Nodes))
	}
}

// Lookups by two inputs and a dense use: the gradient is taken apart.
func TestTiedTableGetsBothKindsOfGradient(t *testing.T) {
	text := strings.NewReplacer(
		"dwords = com", "part = com",
		"\"w_grad.accumulation.out\" = com", "more = Mul(words, words)\n dwords = Sum(part, more)\n  \"w_grad.accumulation.out\" = com",
	).Replace(strings.Replace(table, `  "words_grad.accumulation.out" = com.microsoft.InPlaceAccumulatorV2("words_grad.accumulation.buffer", dwords, lazy_reset_grad)
`, "", 1))
	text = strings.Replace(text, "\n}", "\n  \"words_grad.accumulation.out\" = com.microsoft.InPlaceAccumulatorV2(\"words_grad.accumulation.buffer\", dwords, lazy_reset_grad)\n}", 1)
	low := lowered(t, text, program.Options{}, "words", "w")
	if len(low.Dense) != 2 || len(low.Rows) != 1 {
		t.Errorf("dense %v, rows %v", low.Dense, low.Rows)
	}
}

func packedInputs() []*onnx.Value {
	var out []*onnx.Value
	for _, name := range []string{"input_ids", "token_type_ids", "position_ids", "dense_index", "packed_index", "cls_rows", "cls_inverse", "labels"} {
		out = append(out, &onnx.Value{Name: name, Type: onnx.TensorOf(onnx.Int64, onnx.Shape{onnx.AnyDim})})
	}
	for _, name := range []string{"dense_mask", "attention_bias", "cls_mask"} {
		out = append(out, &onnx.Value{Name: name, Type: onnx.TensorOf(onnx.Float, nil)})
	}
	return out
}

func twoSequences() *sample.Batch {
	return &sample.Batch{
		IDs: []int64{101, 7, 102, 101, 102}, TypeIDs: []int64{0, 0, 1, 0, 0}, Positions: []int64{0, 1, 2, 0, 1}, Offsets: []int32{0, 3, 5},
		Labels: sample.Labels{Int: []int64{1, 0}, Shape: []int64{2}}, Row: []uint64{10, 11}, Copy: []uint16{0, 0},
	}
}

func TestBindPacked(t *testing.T) {
	b, err := program.NewBinder(packedInputs(), 0)
	if err != nil {
		t.Fatal(err)
	}
	feeds, err := b.Bind(twoSequences())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]int64{
		"input_ids": {101, 7, 102, 101, 102}, "position_ids": {0, 1, 2, 0, 1}, "dense_index": {0, 1, 2, 3, 4, 0},
		"packed_index": {0, 1, 2, 3, 4}, "cls_rows": {0, 3}, "cls_inverse": {0, 0, 0, 1, 0}, "labels": {1, 0},
	} {
		if got := feeds[name].Int64; !slices.Equal(got, want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string][]float32{
		"dense_mask": {1, 1, 1, 1, 1, 0}, "attention_bias": {0, 0, 0, 0, 0, -math.MaxFloat32}, "cls_mask": {1, 0, 0, 1, 0},
	} {
		if got := feeds[name].Float32; !slices.Equal(got, want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if dims := feeds["attention_bias"].Dims; !slices.Equal(dims, []int64{2, 1, 1, 3}) {
		t.Errorf("attention_bias has dims %v", dims)
	}
}

func TestBindPadded(t *testing.T) {
	square := onnx.Shape{onnx.AnyDim, onnx.AnyDim}
	inputs := []*onnx.Value{
		{Name: "input_ids", Type: onnx.TensorOf(onnx.Int64, square)},
		{Name: "attention_mask", Type: onnx.TensorOf(onnx.Int64, square)},
		{Name: "labels", Type: onnx.TensorOf(onnx.Int32, onnx.Shape{onnx.AnyDim})},
	}
	b, err := program.NewBinder(inputs, 9)
	if err != nil {
		t.Fatal(err)
	}
	feeds, err := b.Bind(twoSequences())
	if err != nil {
		t.Fatal(err)
	}
	if got := feeds["input_ids"].Int64; !slices.Equal(got, []int64{101, 7, 102, 101, 102, 9}) {
		t.Errorf("input_ids = %v", got)
	}
	if got := feeds["attention_mask"].Int64; !slices.Equal(got, []int64{1, 1, 1, 1, 1, 0}) {
		t.Errorf("attention_mask = %v", got)
	}
	if got := feeds["labels"].Int32; !slices.Equal(got, []int32{1, 0}) {
		t.Errorf("labels = %v", got)
	}
}

func TestBindRefuses(t *testing.T) {
	if _, err := program.NewBinder(nil, 0); err == nil {
		t.Error("a graph without input_ids was taken for a text model")
	}
	b, err := program.NewBinder(packedInputs(), 0)
	if err != nil {
		t.Fatal(err)
	}
	unlabelled := twoSequences()
	unlabelled.Labels = sample.Labels{}
	if _, err := b.Bind(unlabelled); err == nil || !strings.Contains(err.Error(), "labels") {
		t.Errorf("got %v", err)
	}
}

func ExampleLower() {
	m, err := onnx.Parse(table)
	if err != nil {
		fmt.Println(err)
		return
	}
	low, err := program.Lower(m, []string{"words", "w"}, program.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(low.Seed, low.Dense[0].Output, low.Rows[0].Rows, low.Sites[0].Mask)
	// Output: loss_grad w_grad words_grad.rows dropout_mask.0
}
