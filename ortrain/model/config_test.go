package model_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/model"
)

// tiny is the smallest configuration that is accepted, as a map so that tests
// can change single keys.
func tiny() map[string]any {
	return map[string]any{
		"model_type": "bert", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2,
		"num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 16,
	}
}

// with returns tiny with the given keys set; a nil value deletes the key.
func with(changes map[string]any) []byte {
	m := tiny()
	for k, v := range changes {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return text
}

func TestParseConfigDefaults(t *testing.T) {
	c, err := model.ParseConfig(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range []struct {
		name      string
		got, want any
	}{
		{"hidden_act", c.HiddenAct, "gelu"},
		{"type_vocab_size", c.TypeVocabSize, int64(2)},
		{"hidden_dropout_prob", c.HiddenDropoutProb, 0.1},
		{"attention_probs_dropout_prob", c.AttentionProbsDropoutProb, 0.1},
		{"classifier dropout", c.HeadDropout(), 0.1},
		{"layer_norm_eps", c.LayerNormEps, 1e-12},
		{"initializer_range", c.InitializerRange, 0.02},
		{"labels", c.NumLabels(), int64(2)},
		{"head size", c.HeadSize(), int64(4)},
	} {
		if check.got != check.want {
			t.Errorf("%s is %v, want %v", check.name, check.got, check.want)
		}
	}
}

func TestParseConfigReads(t *testing.T) {
	c, err := model.ParseConfig(with(map[string]any{
		"hidden_act": "gelu_new", "classifier_dropout": 0.25, "hidden_dropout_prob": 0, "pad_token_id": 3,
		"problem_type": "single_label_classification", "layer_norm_eps": 1e-5, "type_vocab_size": 1,
		"id2label": map[string]string{"0": "no", "1": "yes", "2": "may<be"},
		"label2id": map[string]any{"no": 0, "yes": "1", "may<be": 2},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c.HiddenAct != "gelu_new" || c.HeadDropout() != 0.25 || c.HiddenDropoutProb != 0 || c.PadTokenID != 3 || c.ProblemType != model.SingleLabel {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]string{"no", "yes", "may<be"}, c.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	type change = map[string]any
	for _, c := range []struct {
		name  string
		set   change
		names []string
	}{
		{"foreign architecture", change{"model_type": "gpt2"}, []string{`"gpt2"`, "bert"}},
		{"no architecture", change{"model_type": nil}, []string{"model_type", "bert"}},
		{"missing size", change{"vocab_size": nil}, []string{"vocab_size"}},
		{"null size", change{"hidden_size": json.RawMessage("null")}, []string{"hidden_size"}},
		{"text for a number", change{"hidden_size": "8"}, []string{"hidden_size"}},
		{"fraction", change{"num_hidden_layers": 1.5}, []string{"num_hidden_layers"}},
		{"zero", change{"num_hidden_layers": 0}, []string{"num_hidden_layers"}},
		{"endless", change{"num_hidden_layers": 1 << 40}, []string{"num_hidden_layers"}},
		{"no heads", change{"num_attention_heads": 0}, []string{"num_attention_heads"}},
		{"uneven heads", change{"num_attention_heads": 3}, []string{"hidden_size 8", "num_attention_heads 3"}},
		{"padding outside the vocabulary", change{"pad_token_id": 11}, []string{"pad_token_id"}},
		{"relative positions", change{"position_embedding_type": "relative_key"}, []string{"relative_key", "absolute"}},
		{"unknown activation", change{"hidden_act": "mish"}, []string{`"mish"`, "gelu"}},
		{"certain dropout", change{"hidden_dropout_prob": 1}, []string{"hidden_dropout_prob"}},
		{"negative dropout", change{"classifier_dropout": -0.1}, []string{"classifier_dropout"}},
		{"epsilon", change{"layer_norm_eps": 0}, []string{"layer_norm_eps"}},
		{"range", change{"initializer_range": -1}, []string{"initializer_range"}},
		{"decoder", change{"is_decoder": true}, []string{"is_decoder"}},
		{"cross attention", change{"add_cross_attention": true}, []string{"add_cross_attention"}},
		{"pruned", change{"pruned_heads": map[string]any{"0": []int{1}}}, []string{"pruned_heads"}},
		{"quantized", change{"quantization_config": map[string]any{}}, []string{"quantization_config"}},
		{"problem type", change{"problem_type": "ranking"}, []string{"ranking", "regression"}},
		{"no segments", change{"type_vocab_size": 0}, []string{"type_vocab_size"}},
		{"gap in the labels", change{"id2label": map[string]string{"0": "a", "2": "b"}}, []string{"id2label", `"2"`}},
		{"spelled label number", change{"id2label": map[string]string{"00": "a"}}, []string{`"00"`}},
		{"equal labels", change{"id2label": map[string]string{"0": "a", "1": "a"}}, []string{`"a"`}},
		{"maps disagree", change{"id2label": map[string]string{"0": "a", "1": "b"}, "label2id": map[string]int{"a": 1, "b": 0}}, []string{"label2id", `"a"`}},
		{"two faults", change{"vocab_size": -1, "hidden_act": "x"}, []string{"vocab_size", "hidden_act"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := model.ParseConfig(with(c.set))
			if !errors.Is(err, model.ErrConfig) {
				t.Fatalf("got %v", err)
			}
			for _, name := range c.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q does not name %s", err, name)
				}
			}
		})
	}
	for _, text := range []string{"", "[]", "{", `"bert"`, "null"} {
		if _, err := model.ParseConfig([]byte(text)); !errors.Is(err, model.ErrConfig) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadConfigMissing(t *testing.T) {
	if _, err := model.ReadConfig(t.TempDir()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("got %v", err)
	}
}

func TestReadConfigNamesItsFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := model.ReadConfig(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

// What is written is what was read, but for what changed.
func TestConfigRoundTrip(t *testing.T) {
	given := map[string]any{
		"layer_norm_eps": json.RawMessage("1e-12"), "gradient_checkpointing": false, "transformers_version": "4.8.2",
		"own": map[string]any{"nested": []any{1.5, "x", nil}}, "bos_token_id": json.RawMessage("null"),
		"architectures": []string{"BertModel"},
	}
	c, err := model.ParseConfig(with(given))
	if err != nil {
		t.Fatal(err)
	}
	same := decode(t, c)
	want := decode(t, json.RawMessage(with(given)))
	for key, v := range want {
		if diff := cmp.Diff(v, same[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	c = c.Clone()
	c.Architectures = []string{"BertForSequenceClassification"}
	c.ProblemType = model.SingleLabel
	if err := c.SetLabels([]string{"a", "b<"}); err != nil {
		t.Fatal(err)
	}
	changed := decode(t, c)
	maps.Copy(want, map[string]any{
		"architectures": []any{"BertForSequenceClassification"}, "problem_type": "single_label_classification",
		"id2label": map[string]any{"0": "a", "1": "b<"}, "label2id": map[string]any{"a": 0.0, "b<": 1.0},
	})
	for key, v := range want {
		if diff := cmp.Diff(v, changed[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	again, err := model.ParseConfig(mustMarshal(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Labels, again.Labels); diff != "" {
		t.Error(diff)
	}
}

// An export says nothing of where the model once lay, and that it is float32.
func TestConfigForExport(t *testing.T) {
	c, err := model.ParseConfig(with(map[string]any{
		"_name_or_path": "/home/someone/model", "torch_dtype": "bfloat16", "_num_labels": 7,
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, c)
	if got["torch_dtype"] != "float32" {
		t.Errorf("torch_dtype is %v", got["torch_dtype"])
	}
	for _, key := range []string{"_name_or_path", "_num_labels", "classifier_dropout", "problem_type", "id2label"} {
		if v, ok := got[key]; ok {
			t.Errorf("%s is %v", key, v)
		}
	}
}

func TestLabelOrderIsNumeric(t *testing.T) {
	c, err := model.ParseConfig(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split("abcdefghijkl", "")
	if err := c.SetLabels(names); err != nil {
		t.Fatal(err)
	}
	text := string(mustMarshal(t, c))
	if !strings.Contains(text, `"9":"j","10":"k"`) {
		t.Error(text)
	}
	if err := c.SetLabels(nil); !errors.Is(err, model.ErrConfig) {
		t.Errorf("no labels: %v", err)
	}
}

func TestTypesAreSorted(t *testing.T) {
	if types := model.Types(); !slices.IsSorted(types) || !slices.Contains(types, "bert") {
		t.Errorf("%v", types)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(with(nil))
	f.Add(with(map[string]any{"id2label": map[string]string{"0": "a"}, "label2id": map[string]any{"a": 0}}))
	f.Add([]byte(`{"model_type":"bert","vocab_size":1e3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := model.ParseConfig(data)
		if err != nil {
			if !errors.Is(err, model.ErrConfig) {
				t.Fatalf("not an ErrConfig: %v", err)
			}
			return
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := model.ParseConfig(text)
		if err != nil {
			t.Fatalf("%s\n→ %s\n%v", data, text, err)
		}
		if diff := cmp.Diff(c, again, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "raw" }, cmp.Ignore()), cmp.AllowUnexported(model.Config{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t *testing.T, v any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(mustMarshal(t, v), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
