package task_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/task"
)

// stored returns the tensors of a folder, renamed; an empty name leaves one out.
func stored(t *testing.T, folder string, rename func(string) string) []safetensors.Tensor {
	t.Helper()
	set, err := safetensors.OpenFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var out []safetensors.Tensor
	for _, info := range set.Infos() {
		section, err := set.Section(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(section)
		if err != nil {
			t.Fatal(err)
		}
		if name := rename(info.Name); name != "" {
			out = append(out, safetensors.Tensor{Name: name, DType: info.DType, Shape: info.Shape, Bytes: bytes.NewReader(data)})
		}
	}
	return out
}

// variant writes a copy of a folder with other tensors in one file or, with a
// split, in two shards.
func variant(t *testing.T, folder string, tensors []safetensors.Tensor, split int) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(folder, model.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(model.ConfigName, text)
	save := func(name string, tensors []safetensors.Tensor) {
		var buf bytes.Buffer
		if err := safetensors.Write(&buf, tensors, nil); err != nil {
			t.Fatal(err)
		}
		put(name, buf.Bytes())
	}
	if split == 0 {
		save(safetensors.FileName, tensors)
		return dir
	}
	var entries []string
	for i, s := range tensors {
		shard := "a.safetensors"
		if i >= split {
			shard = "b.safetensors"
		}
		entries = append(entries, `"`+s.Name+`":"`+shard+`"`)
	}
	save("a.safetensors", tensors[:split])
	save("b.safetensors", tensors[split:])
	put(safetensors.IndexName, []byte(`{"weight_map":{`+strings.Join(entries, ",")+`}}`))
	return dir
}

// The same model under other names gives the same logits, bit for bit.
func TestNamesInTheWild(t *testing.T) {
	folder := filepath.Join(goldenFolder(t), "bert-cls")
	var c golden
	readJSON(t, filepath.Join(folder, "case.json"), &c)
	logits := func(t *testing.T, dir string, seed uint64) []float64 {
		m := frozen(t, dir, task.Classification(), model.Packed, seed)
		return evaluators[0].run(t, m, c.Batches[0].feeds(m.Graph.Inputs))[task.LogitsOutput]
	}
	same := func(name string) string { return name }
	bare := func(name string) string { return strings.TrimPrefix(name, "bert.") }
	old := strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace
	extra := append(stored(t, folder, same),
		safetensors.Tensor{Name: "bert.embeddings.position_ids", DType: safetensors.I64, Shape: []int64{1}, Bytes: bytes.NewReader(make([]byte, 8))},
		safetensors.Tensor{Name: "cls.predictions.bias", DType: safetensors.F32, Shape: []int64{1}, Floats: []float32{9}})
	want := logits(t, folder, 0)
	for name, dir := range map[string]string{
		"without bert.":              variant(t, folder, stored(t, folder, bare), 0),
		"gamma and beta":             variant(t, folder, stored(t, folder, old), 0),
		"extra cls and position_ids": variant(t, folder, extra, 0),
		"two shards":                 variant(t, folder, stored(t, folder, same), 20),
	} {
		if got := logits(t, dir, 1); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	headless := variant(t, folder, stored(t, folder, func(name string) string {
		if strings.HasPrefix(name, "classifier.") {
			return ""
		}
		return bare(name)
	}), 0)
	first := logits(t, headless, 1)
	if got := logits(t, headless, 1); !slices.Equal(got, first) {
		t.Errorf("without a head: %v, then %v with the same seed", first, got)
	}
	if got := logits(t, headless, 2); slices.Equal(got, first) || slices.Equal(first, want) {
		t.Errorf("without a head: the seed changes nothing: %v", got)
	}
}

// A classifier that reads every row of the last layer agrees with the one that
// has it computed for the first tokens only.
func TestFirstTokensEqualAllTokens(t *testing.T) {
	folder := filepath.Join(goldenFolder(t), "bert-cls")
	var c golden
	readJSON(t, filepath.Join(folder, "case.json"), &c)
	p, err := model.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	arch, err := p.Config.Architecture()
	if err != nil {
		t.Fatal(err)
	}
	short, _ := arch.Head(model.SequenceClassification)
	whole := model.Head{Rows: model.AllTokens, Logits: func(b *model.Builder, x *onnx.Value) *onnx.Value {
		return short.Logits(b, b.First(x))
	}}
	for _, form := range forms {
		var got [2][]float64
		for i, head := range []model.Head{short, whole} {
			b, err := model.NewBuilder(p.Config, form, model.Infer, 0)
			if err != nil {
				t.Fatal(err)
			}
			b.Output(task.LogitsOutput, b.Logits(arch, head))
			built, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			weights := places(built.Params)
			if _, err := p.Read(built.Params, model.ReadOptions{}, weights); err != nil {
				t.Fatal(err)
			}
			m, err := task.Freeze(&task.Graph{Built: built}, weights)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = evaluators[0].run(t, m, c.Batches[0].feeds(m.Graph.Inputs))[task.LogitsOutput]
		}
		for i := range got[0] {
			if d := got[0][i] - got[1][i]; d > 1e-7 || d < -1e-7 {
				t.Errorf("%s: logit %d is %g and %g", form, i, got[0][i], got[1][i])
			}
		}
	}
}
