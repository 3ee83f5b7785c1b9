package task_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// config returns a small configuration with the given keys set.
func config(t testing.TB, changes map[string]any) *model.Config {
	t.Helper()
	m := map[string]any{
		"model_type": "bert", "architectures": []string{"BertForSequenceClassification"}, "vocab_size": 211, "hidden_size": 32,
		"num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 48,
		"id2label": map[string]string{"0": "a", "1": "b", "2": "c"},
	}
	maps.Copy(m, changes)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := model.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func build(t testing.TB, c *model.Config, o task.Options) *task.Graph {
	t.Helper()
	g, err := task.Build(c, task.Classification(), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var (
	forms = []model.Form{model.Packed, model.Padded}
	modes = []model.Mode{model.Train, model.Eval, model.Infer}
)

// Every graph of every opset is sound and every value's sizes are known or have
// a name.
func TestBuildIsSound(t *testing.T) {
	for _, form := range forms {
		for _, mode := range modes {
			for opset := int64(model.MinOpset); opset <= model.MaxOpset; opset++ {
				g := build(t, config(t, nil), task.Options{Form: form, Mode: mode, Opset: opset})
				if err := g.Model.Check(); err != nil {
					t.Fatalf("%s, mode %d, opset %d: %v", form, mode, opset, err)
				}
				if got := g.Model.Opsets.Of(""); got != opset {
					t.Errorf("opset %d, want %d", got, opset)
				}
				for _, n := range g.Model.Graph.Nodes {
					expectShapes(t, n)
				}
			}
		}
	}
}

func expectShapes(t *testing.T, n *onnx.Node) {
	t.Helper()
	for _, v := range n.Outputs {
		unknown := func(d onnx.Dim) bool { return !d.Known() && d.Param == "" }
		if v.Type.Kind != onnx.TensorKind || v.Type.Shape == nil || slices.ContainsFunc(v.Type.Shape, unknown) {
			t.Errorf("%s: the type of %v is open", n.Name, v)
		}
	}
}

func types(list []*onnx.Value) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}

// The signatures of the forms, as the architecture document gives them.
func TestSignature(t *testing.T) {
	packed := []string{
		"input_ids: int64[T]", "token_type_ids: int64[T]", "position_ids: int64[T]",
		"dense_index: int64[BS]", "dense_mask: float[BS,1]", "packed_index: int64[T]", "attention_bias: float[B,1,1,S]",
		"cls_rows: int64[B]", "cls_inverse: int64[T]", "cls_mask: float[T,1]",
	}
	padded := []string{"input_ids: int64[B,S]", "attention_mask: int64[B,S]", "token_type_ids: int64[B,S]"}
	for _, c := range []struct {
		form    model.Form
		mode    model.Mode
		inputs  []string
		outputs []string
	}{
		{model.Packed, model.Train, append(packed, "labels: int64[B]"), []string{"loss: float[]", "logits: float[B,3]"}},
		{model.Packed, model.Infer, packed, []string{"logits: float[B,3]"}},
		{model.Padded, model.Eval, append(padded, "labels: int64[B]"), []string{"loss: float[]", "logits: float[B,3]"}},
		{model.Padded, model.Infer, padded, []string{"logits: float[B,3]"}},
	} {
		g := build(t, config(t, nil), task.Options{Form: c.form, Mode: c.mode})
		n := len(g.Inputs) + len(g.Labels)
		inputs := g.Model.Graph.Inputs
		if diff := cmp.Diff(c.inputs, types(inputs[:n])); diff != "" {
			t.Errorf("%s, mode %d: %s", c.form, c.mode, diff)
		}
		if diff := cmp.Diff(c.outputs, types(g.Model.Graph.Outputs)); diff != "" {
			t.Errorf("%s, mode %d: %s", c.form, c.mode, diff)
		}
		if len(inputs)-n != len(g.Params) {
			t.Fatalf("%d parameter inputs for %d parameters", len(inputs)-n, len(g.Params))
		}
		for i, p := range g.Params {
			if v := inputs[n+i]; v.Name != p.Name || !v.Type.Shape.Equal(onnx.NewShape(p.Shape...)) {
				t.Errorf("input %v for parameter %q %v", v, p.Name, p.Shape)
			}
		}
		if g.Class != "BertForSequenceClassification" {
			t.Errorf("class %q", g.Class)
		}
	}
}

// Both forms and all modes have the same parameters in the same order.
func TestParamsDoNotDependOnTheForm(t *testing.T) {
	want := build(t, config(t, nil), task.Options{}).Params
	for _, form := range forms {
		for _, mode := range modes {
			if diff := cmp.Diff(want, build(t, config(t, nil), task.Options{Form: form, Mode: mode}).Params); diff != "" {
				t.Errorf("%s, mode %d: %s", form, mode, diff)
			}
		}
	}
}

// Dropout is where Hugging Face has it, in training graphs only, with a mask
// that a stock runtime cannot remove, and nowhere where its ratio is 0.
func TestDropout(t *testing.T) {
	// Embeddings; per layer probabilities, attention output, feed-forward output;
	// classifier.
	const layers, perLayer = 2, 3
	for _, c := range []struct {
		name string
		mode model.Mode
		set  map[string]any
		want map[float64]int
	}{
		{"default", model.Train, nil, map[float64]int{0.1: 1 + layers*perLayer + 1}},
		{"of three kinds", model.Train, map[string]any{"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3, "classifier_dropout": 0.4},
			map[float64]int{0.2: 1 + 2*layers, 0.3: layers, 0.4: 1}},
		{"classifier only", model.Train, map[string]any{"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "classifier_dropout": 0.5}, map[float64]int{0.5: 1}},
		{"none", model.Train, map[string]any{"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}, map[float64]int{}},
		{"evaluation", model.Eval, nil, map[float64]int{}},
		{"inference", model.Infer, nil, map[float64]int{}},
	} {
		for _, form := range forms {
			g := build(t, config(t, c.set), task.Options{Form: form, Mode: c.mode})
			got := map[float64]int{}
			for _, n := range g.Model.Graph.Nodes {
				if n.Op != "Dropout" {
					continue
				}
				ratio, training := number(t, n.Input(1)), number(t, n.Input(2))
				if training != 1 || n.Output(1) == nil {
					t.Errorf("%s: %s is not dropout in training with a mask", c.name, n.Name)
				}
				got[math.Round(ratio*1e6)/1e6]++
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, %s: %s", c.name, form, diff)
			}
		}
	}
}

func number(t *testing.T, v *onnx.Value) float64 {
	t.Helper()
	c := v.Const()
	if c == nil {
		t.Fatalf("%v is not a constant", v)
	}
	f, err := c.Float64s()
	if err != nil || len(f) != 1 {
		t.Fatalf("%v: %v %v", v, f, err)
	}
	return f[0]
}

// The last layer of a classifier computes one row per sequence where it can.
func TestLastLayerIsShort(t *testing.T) {
	for _, form := range forms {
		g := build(t, config(t, nil), task.Options{Form: form, Mode: model.Infer})
		rows := map[string]int{}
		for _, n := range g.Model.Graph.Nodes {
			if n.Op == "Gemm" && strings.HasPrefix(n.Name, "bert.encoder.layer.1.") {
				rows[n.Outputs[0].Type.Shape[0].String()]++
			}
		}
		all := map[model.Form]string{model.Packed: "T", model.Padded: "BS"}[form]
		// Key and value; query, attention output, feed-forward in and out.
		if diff := cmp.Diff(map[string]int{all: 2, "B": 4}, rows); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}

func TestActivations(t *testing.T) {
	ops := map[string]string{"gelu": "Gelu", "gelu_new": "FastGelu", "gelu_pytorch_tanh": "FastGelu", "relu": "Relu", "silu": "Sigmoid", "tanh": "Tanh"}
	for act, op := range ops {
		g := build(t, config(t, map[string]any{"hidden_act": act}), task.Options{Mode: model.Infer})
		if !slices.ContainsFunc(g.Model.Graph.Nodes, func(n *onnx.Node) bool { return n.Op == op }) {
			t.Errorf("%s: no node %s", act, op)
		}
	}
	for _, act := range model.Activations() {
		build(t, config(t, map[string]any{"hidden_act": act}), task.Options{})
	}
}

func TestBuildRefuses(t *testing.T) {
	broken := config(t, nil)
	broken.HiddenSize = 33
	oneLabel := config(t, nil)
	if err := oneLabel.SetLabels([]string{"score"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		config *model.Config
		o      task.Options
		want   error
		says   string
	}{
		{"configuration", broken, task.Options{}, model.ErrConfig, "hidden_size 33"},
		{"old opset", config(t, nil), task.Options{Opset: 16}, model.ErrConfig, "opset 16"},
		{"new opset", config(t, nil), task.Options{Opset: 22}, model.ErrConfig, "opset 22"},
		{"form", config(t, nil), task.Options{Form: 9}, model.ErrConfig, "form 9"},
		{"regression", config(t, map[string]any{"problem_type": "regression"}), task.Options{}, task.ErrTask, "regression"},
		{"one class", oneLabel, task.Options{}, task.ErrTask, "1 class"},
	} {
		_, err := task.Build(c.config, task.Classification(), c.o)
		if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOfAndLookup(t *testing.T) {
	if kind, err := task.Of(config(t, nil)); err != nil || kind.Name() != "classification" || kind.Problem() != model.SingleLabel {
		t.Errorf("%v %v", kind, err)
	}
	if _, err := task.Lookup("classification"); err != nil {
		t.Error(err)
	}
	if _, err := task.Lookup("ranking"); !errors.Is(err, task.ErrTask) || !strings.Contains(err.Error(), "classification") {
		t.Errorf("got %v", err)
	}
	for _, set := range []map[string]any{
		{"architectures": []string{"BertForMaskedLM"}},
		{"architectures": nil},
		{"problem_type": "multi_label_classification"},
	} {
		if _, err := task.Of(config(t, set)); !errors.Is(err, task.ErrTask) {
			t.Errorf("%v: %v", set, err)
		}
	}
}

func TestCount(t *testing.T) {
	labels := sample.Labels{Int: []int64{0, sample.Ignore, 2}, Shape: []int64{3}}
	if n := task.Classification().Count(labels); n != 2 {
		t.Errorf("%d labels count, want 2", n)
	}
}

func TestPredict(t *testing.T) {
	p, err := task.Classification().Predict([]float32{0, float32(math.Log(3)), 700, 700, -1, 1000}, []int64{3, 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, 0, 1}, p.Labels); diff != "" {
		t.Error(diff)
	}
	want := []float32{0.25, 0.75, 0.5, 0.5, 0, 1}
	for i, x := range want {
		if math.Abs(float64(p.Scores[i]-x)) > 1e-7 {
			t.Errorf("score %d is %g, want %g", i, p.Scores[i], x)
		}
	}
	if row := p.Row(1); len(row) != 2 || row[0] != 0.5 {
		t.Errorf("row 1 is %v", row)
	}
}

func TestPredictRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name   string
		logits []float32
		dims   []int64
		says   string
	}{
		{"rank", []float32{1}, []int64{1}, "[B,C]"},
		{"size", []float32{1, 2, 3}, []int64{2, 2}, "3 logits"},
		{"no classes", nil, []int64{2, 0}, "[2 0]"},
		{"not a number", []float32{1, 2, nan, 2}, []int64{2, 2}, "row 1"},
		{"infinite", []float32{1, float32(math.Inf(1))}, []int64{1, 2}, "row 0"},
	} {
		if _, err := task.Classification().Predict(c.logits, c.dims); !errors.Is(err, task.ErrTask) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestFreeze(t *testing.T) {
	g := build(t, config(t, nil), task.Options{Form: model.Padded, Mode: model.Infer})
	weights := places(g.Params)
	for i := range weights {
		g.Params[i].Draw(3, weights[i])
	}
	m, err := task.Freeze(g, weights)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"input_ids", "attention_mask", "token_type_ids"}, names(m.Graph.Inputs)); diff != "" {
		t.Error(diff)
	}
	for i, p := range g.Params {
		got, err := m.Graph.Initializer(p.Name).Init.Float32s()
		if err != nil || !slices.Equal(got, weights[i]) {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestFreezeRefuses(t *testing.T) {
	g := build(t, config(t, nil), task.Options{Mode: model.Infer})
	weights := places(g.Params)
	weights[2] = weights[2][1:]
	for name, w := range map[string][][]float32{"too few": weights[:1], "too short": weights} {
		inputs := len(g.Model.Graph.Inputs)
		if _, err := task.Freeze(g, w); !errors.Is(err, task.ErrTask) {
			t.Errorf("%s: %v", name, err)
		}
		if len(g.Model.Graph.Initializers) > 0 && g.Model.Graph.Initializer(g.Params[0].Name) != nil || len(g.Model.Graph.Inputs) != inputs {
			t.Errorf("%s: the graph was changed", name)
		}
	}
}

func names(list []*onnx.Value) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.Name)
	}
	return out
}

// places allocates memory for parameters.
func places(params []model.Param) [][]float32 {
	dst := make([][]float32, len(params))
	for i := range params {
		dst[i] = make([]float32, params[i].Len())
	}
	return dst
}
