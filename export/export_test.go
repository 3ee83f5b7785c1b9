package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/task"
)

func bundle(t testing.TB) export.Bundle {
	t.Helper()
	c, err := model.ParseConfig([]byte(`{"model_type":"bert","vocab_size":20,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,
		"intermediate_size":16,"max_position_embeddings":12,"_name_or_path":"/home/somebody/secret-model"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetLabels([]string{"no", "yes"}); err != nil {
		t.Fatal(err)
	}
	g, err := task.Build(c, task.Classification(), task.Options{Form: model.Padded, Mode: model.Infer})
	if err != nil {
		t.Fatal(err)
	}
	weights := make(map[string][]float32)
	for _, p := range g.Params {
		weights[p.Name] = make([]float32, p.Len())
		p.Draw(1, weights[p.Name])
	}
	return export.Bundle{
		Config: c, Task: task.Classification(),
		Weight: func(name string) ([]float32, error) { return weights[name], nil },
		Files:  map[string][]byte{"tokenizer.json": []byte("{}"), "secrets.txt": []byte("not a tokenizer's")},
		Card:   export.Card{Metrics: map[string]float64{"eval_accuracy": 0.5}, MaxSeqLength: 12},
	}
}

func TestWriteGivesAServingFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "export")
	if err := export.Write(context.Background(), disk.OS(), dir, bundle(t)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{export.ModelFile, export.WeightsFile, export.ConfigFile, export.CardFile, "tokenizer.json", "onnx/model.onnx"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "secrets.txt")); err == nil {
		t.Error("a file that is no tokenizer's was exported")
	}
	m, err := wire.ReadFile(filepath.Join(dir, export.ModelFile), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"input_ids", "attention_mask", "token_type_ids"} {
		if v := m.Graph.Input(name); v == nil || len(v.Type.Shape) != 2 || v.Type.Shape[0].Known() || v.Type.Shape[1].Known() {
			t.Errorf("input %s is %v", name, v)
		}
	}
	if len(m.Graph.Inputs) != 3 || len(m.Graph.Outputs) != 1 || m.Graph.Output("logits") == nil {
		t.Errorf("inputs %v, outputs %v", m.Graph.Inputs, m.Graph.Outputs)
	}
	config, err := os.ReadFile(filepath.Join(dir, export.ConfigFile))
	if err != nil || !bytes.Contains(config, []byte(`"BertForSequenceClassification"`)) || bytes.Contains(config, []byte("somebody")) {
		t.Errorf("config.json is %s (%v)", config, err)
	}
}

// A second export takes the place of the first, and one that fails leaves it.
func TestWriteReplacesOrLeaves(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "export")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "old.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	broken := bundle(t)
	lost := errors.New("lost")
	broken.Weight = func(string) ([]float32, error) { return nil, lost }
	if err := export.Write(context.Background(), disk.OS(), dir, broken); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := export.Write(cancelled, disk.OS(), dir, bundle(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old.txt")); err != nil {
		t.Errorf("a failed export took the old one away: %v", err)
	}
	if err := export.Write(context.Background(), disk.OS(), dir, bundle(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old.txt")); err == nil {
		t.Error("the old export shines through")
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) != 1 {
		t.Errorf("%v are left beside the export (%v)", left, err)
	}
}

func TestParityFindsDifferences(t *testing.T) {
	var p export.Parity
	if err := p.Err(); !errors.Is(err, export.ErrParity) {
		t.Errorf("nothing compared: %v", err)
	}
	if err := p.Add([]float32{1, 2, 3, 4}, []float32{1, 2, 3, 4.00005}, 2); err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); err != nil {
		t.Error(err)
	}
	if err := p.Add([]float32{2, 1}, []float32{1, 2}, 2); err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); !errors.Is(err, export.ErrParity) || p.LabelFlips != 1 || p.Examples != 3 || !strings.Contains(err.Error(), "1 labels flip") {
		t.Errorf("%v with %+v", err, p)
	}
	if err := p.Add([]float32{1}, []float32{1, 2}, 2); err == nil {
		t.Error("rows of different length were compared")
	}
}

func ExampleParity() {
	var p export.Parity
	if err := p.Add([]float32{0.1, 0.9}, []float32{0.1, 0.9}, 2); err != nil {
		fmt.Println(err)
	}
	fmt.Println(p.Examples, p.LabelFlips, p.Err())
	// Output: 1 0 <nil>
}

// A tokenizer that was made from a vocabulary alone gets the file that libraries
// load it by; a model's own stays as it is.
func TestTokenizerConfig(t *testing.T) {
	b := bundle(t)
	b.Files["tokenizer.json"] = []byte(`{"added_tokens": [{"id": 0, "content": "[PAD]", "special": true}, {"id": 1, "content": "<s>", "special": true},
		{"id": 2, "content": "[CLS]", "special": false}, {"id": 3, "content": "other", "special": true}]}`)
	dir := filepath.Join(t.TempDir(), "export")
	read := func() string {
		t.Helper()
		if err := export.Write(t.Context(), disk.OS(), dir, b); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "tokenizer_config.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := `{
  "cls_token": "<s>",
  "model_max_length": 12,
  "pad_token": "[PAD]",
  "tokenizer_class": "PreTrainedTokenizerFast"
}
`
	if got := read(); got != want {
		t.Errorf("got %s", got)
	}
	if len(b.Files) != 2 {
		t.Errorf("the caller's files became %d", len(b.Files))
	}
	b.Files["tokenizer_config.json"] = []byte(`{"own": 1}`)
	if got := read(); got != `{"own": 1}` {
		t.Errorf("the model's own became %s", got)
	}
	delete(b.Files, "tokenizer_config.json")
	b.Files["tokenizer.json"] = []byte(`{"added`)
	if err := export.Write(t.Context(), disk.OS(), dir, b); err == nil {
		t.Error("a broken tokenizer.json is exported")
	}
}
