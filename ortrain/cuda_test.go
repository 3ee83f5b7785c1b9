//go:build cuda

package ortrain_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// A GPU adds in another order and has other exponentials: ten times the bounds.
const slackCUDA = 10

func TestCUDAGoldenCases(t *testing.T) {
	device := ort.Provider{Name: ort.CUDA}
	goldenCases(t, map[string]variant{
		"packed": {form: model.Packed, provider: device, slack: slackCUDA},
		"padded": {form: model.Padded, provider: device, slack: slackCUDA},
	})
}

// Twenty steps of a real model: the loss of batches seen again and again falls.
func TestCUDATrainsMiniLM(t *testing.T) {
	deps, err := ort.DepsDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(deps, "models", "all-MiniLM-L6-v2")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the pretrained weights are not installed; run make deps")
	}
	n := openNetwork(t, dir, model.Packed, ortrain.NetworkOptions{Provider: ort.Provider{Name: ort.CUDA}, Seed: 1})
	data := randomBatches(4)
	var first, last float64
	for step := 1; step <= 20; step++ {
		b := data[step%len(data)]
		for i := range b.Labels.Int {
			b.Labels.Int[i] %= 2
		}
		loss, err := n.Accumulate(context.Background(), b, step, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Update(context.Background(), ortrain.Update{LearningRate: 1e-4, MaxGradNorm: 1, N: loss.N}); err != nil {
			t.Fatal(err)
		}
		if math.IsNaN(loss.Mean) {
			t.Fatalf("step %d: the loss is not a number", step)
		}
		if step <= 4 {
			first += loss.Mean
		}
		if step > 16 {
			last += loss.Mean
		}
	}
	if last >= first {
		t.Errorf("four losses sum to %.3f at first and %.3f at last", first, last)
	}
}
