package task_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/autodiff"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/pass"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

// TestGoldenGradients differentiates the training graphs and compares every
// gradient of the first batch with PyTorch's. A gradient may be off by 1e-5 of
// the tensor's largest value, or of a thousandth of the model's; key biases,
// whose true gradient is 0, by 1e-4 of the model's.
func TestGoldenGradients(t *testing.T) {
	folder := filepath.Join(goldenFolder(t), "bert-cls")
	var c golden
	readJSON(t, filepath.Join(folder, "case.json"), &c)
	for _, form := range forms {
		t.Run(form.String(), func(t *testing.T) {
			m, params := differentiated(t, folder, form)
			got := onRuntime(t, m, c.Batches[0].feeds(m.Graph.Inputs))
			want, largest := gradients(t, folder, params)
			for _, p := range params {
				bound := 1e-5 * max(peak(want[p.Name]), 1e-3*largest)
				if strings.HasSuffix(p.Name, "key.bias") {
					bound = 1e-4 * largest
				}
				if worst := distance(want[p.Name], got[p.Name+"_grad"]); !(worst <= bound) {
					t.Errorf("%s is off by %g, more than %g", p.Name, worst, bound)
				}
			}
		})
	}
}

// differentiated builds a folder's training graph with its weights inside and
// the gradients of all parameters as outputs.
func differentiated(t *testing.T, folder string, form model.Form) (*onnx.Model, []model.Param) {
	t.Helper()
	p, err := model.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g := build(t, p.Config, task.Options{Form: form})
	graph := g.Model.Graph
	wrt := graph.Inputs[len(graph.Inputs)-len(g.Params):]
	built, err := autodiff.Build(g.Model, rules.Standard(), autodiff.Options{Loss: graph.Output(g.Loss), Wrt: wrt})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range wrt {
		graph.Outputs = append(graph.Outputs, built.Grads[v])
	}
	if err := pass.Rewrite(g.Model, trainop.Expand); err != nil {
		t.Fatal(err)
	}
	weights := places(g.Params)
	if _, err := p.Read(g.Params, model.ReadOptions{}, weights); err != nil {
		t.Fatal(err)
	}
	m, err := task.Freeze(g, weights)
	if err != nil {
		t.Fatal(err)
	}
	return m, g.Params
}

// gradients reads PyTorch's and the largest value among them.
func gradients(t *testing.T, folder string, params []model.Param) (all map[string][]float64, largest float64) {
	t.Helper()
	file, err := safetensors.Open(filepath.Join(folder, "grads.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all = make(map[string][]float64)
	for _, p := range params {
		values := make([]float32, p.Len())
		if err := file.ReadFloat32(p.Name, values); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			all[p.Name] = append(all[p.Name], float64(v))
		}
		largest = max(largest, peak(all[p.Name]))
	}
	return all, largest
}

// peak returns the largest magnitude.
func peak(x []float64) float64 { return distance(x, make([]float64, len(x))) }

// distance returns the largest difference, infinity if the lengths differ.
func distance(x, y []float64) float64 {
	if len(x) != len(y) {
		return math.Inf(1)
	}
	worst := 0.0
	for i := range x {
		worst = max(worst, math.Abs(x[i]-y[i]))
	}
	return worst
}
