package ortrain_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Sentence vectors of all-MiniLM-L6-v2 in both forms are those of Hugging
// Face's AutoModel (Transformers 5.23, PyTorch 2.15) with mean pooling, for "my
// card is lost" and "why".
func TestSentenceEmbeddings(t *testing.T) {
	deps, err := ort.DepsDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(deps, "models", "all-MiniLM-L6-v2")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the pretrained weights are not installed; run make deps")
	}
	batch := &sample.Batch{
		IDs:     []int64{101, 2026, 4003, 2003, 2439, 102, 101, 2339, 102},
		TypeIDs: make([]int64, 9), Positions: []int64{0, 1, 2, 3, 4, 5, 0, 1, 2},
		Offsets: []int32{0, 6, 9}, Row: []uint64{0, 1}, Copy: []uint16{0, 0},
	}
	want := [2][4]float64{{-0.31393823, 0.13197446, -0.01910635, 0.31981754}, {-0.44875249, 0.34312478, 0.27450812, 0.07892123}}
	norms := [2]float64{7.12493420, 5.14663076}
	for _, form := range []model.Form{model.Packed, model.Padded} {
		config, err := model.ReadConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		net, err := ortrain.Blueprint{Config: config, Task: task.Embedding(), Form: form}.Network(orttest.Env(t), ortrain.NetworkOptions{EvaluateOnly: true, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := net.ReadPretrained(dir); err != nil {
			t.Fatal(err)
		}
		out, err := net.Evaluate(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		h := int(out.LogitsShape[1])
		for b := range want {
			sum := 0.0
			for i, v := range out.Logits[b*h : (b+1)*h] {
				sum += float64(v) * float64(v)
				if i < 4 && math.Abs(float64(v)-want[b][i]) > 2e-6 {
					t.Errorf("form %d, text %d: element %d is %v, want %v", form, b, i, v, want[b][i])
				}
			}
			if math.Abs(math.Sqrt(sum)-norms[b]) > 1e-5 {
				t.Errorf("form %d, text %d: norm %v, want %v", form, b, math.Sqrt(sum), norms[b])
			}
		}
		if err := net.Close(); err != nil {
			t.Error(err)
		}
	}
}
