package task_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/task"
)

// golden is the part of a case.json that the forward pass is compared with.
type golden struct {
	Loss    float64 `json:"loss"`
	Logits  map[string][][]float64
	Batches []goldenBatch
}

type goldenBatch struct {
	InputIDs      [][]int64 `json:"input_ids"`
	AttentionMask [][]int64 `json:"attention_mask"`
	TokenTypeIDs  [][]int64 `json:"token_type_ids"`
	Labels        []int64
}

// evaluator runs a model; its bound is what the golden README allows for.
type evaluator struct {
	name string
	run  func(t *testing.T, m *onnx.Model, feeds map[string]*onnx.Tensor) map[string][]float64
}

// evaluators is what every golden case runs on.
var evaluators = []evaluator{{"reference", onReference}, {"runtime", onRuntime}}

// goldenFolder finds the folder of PyTorch's cases or skips.
func goldenFolder(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("ORTRAIN_GOLDEN"); dir != "" {
		return dir
	}
	return filepath.Join(shared(t), "testdata", "golden")
}

// shared finds the folder of test data that does not belong to the repository:
// $ORTRAIN_SHARED, or shared/ beside one of the folders above the test.
func shared(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("ORTRAIN_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if s, err := os.Stat(filepath.Join(dir, "shared", "testdata")); err == nil && s.IsDir() {
			return filepath.Join(dir, "shared")
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("the shared test data is not here; set ORTRAIN_SHARED to its folder")
		}
		dir = up
	}
}

// TestGolden compares logits and loss of the first batch with PyTorch's, for
// every case whose architecture and task are built in.
func TestGolden(t *testing.T) {
	root := goldenFolder(t)
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		cases++
		t.Run(e.Name(), func(t *testing.T) { goldenCase(t, filepath.Join(root, e.Name())) })
	}
	if cases == 0 {
		t.Fatalf("no cases in %s", root)
	}
}

func goldenCase(t *testing.T, folder string) {
	var head struct {
		ModelType     string `json:"model_type"`
		Architectures []string
	}
	readJSON(t, filepath.Join(folder, model.ConfigName), &head)
	if _, err := model.Lookup(head.ModelType); err != nil {
		t.Skip("not built in: ", head.Architectures)
	}
	c, err := model.ReadConfig(folder)
	if err != nil {
		t.Fatal(err)
	}
	kind, err := task.Of(c)
	if err != nil {
		t.Skip("not built in: ", head.Architectures, " ", c.ProblemType)
	}
	var want golden
	readJSON(t, filepath.Join(folder, "case.json"), &want)
	for _, form := range forms {
		m := frozen(t, folder, kind, form, 0)
		for _, e := range evaluators {
			t.Run(form.String()+"/"+e.name, func(t *testing.T) { forward(t, m, e, &want) })
		}
	}
}

// bound is what testdata/golden/README.md allows for logits and the first loss.
const bound = 2e-6

func forward(t *testing.T, m *onnx.Model, e evaluator, want *golden) {
	out := e.run(t, m, want.Batches[0].feeds(m.Graph.Inputs))
	logits, loss := out[task.LogitsOutput], out[task.LossOutput][0]
	flat := slices.Concat(want.Logits[task.LogitsOutput]...)
	worst := distance(flat, logits)
	t.Logf("logits within %.2g, loss within %.2g", worst, math.Abs(loss-want.Loss))
	if !(worst <= bound) {
		t.Errorf("logits differ by %g", worst)
	}
	if !(math.Abs(loss-want.Loss) <= bound) {
		t.Errorf("the loss is %.9g, want %.9g", loss, want.Loss)
	}
}

// frozen builds the evaluation graph of a folder with its weights inside.
func frozen(t *testing.T, folder string, kind task.Task, form model.Form, seed uint64) *onnx.Model {
	t.Helper()
	p, err := model.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g, err := task.Build(p.Config, kind, task.Options{Form: form, Mode: model.Eval})
	if err != nil {
		t.Fatal(err)
	}
	weights := places(g.Params)
	if _, err := p.Read(g.Params, model.ReadOptions{Seed: seed}, weights); err != nil {
		t.Fatal(err)
	}
	m, err := task.Freeze(g, weights)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// feeds computes the inputs a graph asks for, following the description of the
// forms rather than the code that feeds them in training.
func (b goldenBatch) feeds(inputs []*onnx.Value) map[string]*onnx.Tensor {
	rows, longest := len(b.InputIDs), 0
	lengths := make([]int, rows)
	for i, mask := range b.AttentionMask {
		for _, m := range mask {
			lengths[i] += int(m)
		}
		longest = max(longest, lengths[i])
	}
	padded := len(inputs[0].Type.Shape) == 2
	ints, floats := map[string][]int64{}, map[string][]float32{}
	place := 0
	for i, n := range lengths {
		first := int64(len(ints[model.PositionIDs]))
		ints[model.ClsRows] = append(ints[model.ClsRows], first)
		for s := range longest {
			real := s < n
			if padded || real {
				ints[model.InputIDs] = append(ints[model.InputIDs], b.InputIDs[i][s])
				ints[model.TokenTypeIDs] = append(ints[model.TokenTypeIDs], b.TokenTypeIDs[i][s])
				ints[model.AttentionMask] = append(ints[model.AttentionMask], b.AttentionMask[i][s])
			}
			if !real {
				ints[model.DenseIndex] = append(ints[model.DenseIndex], 0)
				floats[model.DenseMask] = append(floats[model.DenseMask], 0)
				floats[model.AttentionBias] = append(floats[model.AttentionBias], -math.MaxFloat32)
				place++
				continue
			}
			ints[model.PositionIDs] = append(ints[model.PositionIDs], int64(s))
			ints[model.DenseIndex] = append(ints[model.DenseIndex], first+int64(s))
			ints[model.PackedIndex] = append(ints[model.PackedIndex], int64(place))
			inverse, mask := int64(0), float32(0)
			if s == 0 {
				inverse, mask = int64(i), 1
			}
			ints[model.ClsInverse] = append(ints[model.ClsInverse], inverse)
			floats[model.ClsMask] = append(floats[model.ClsMask], mask)
			floats[model.DenseMask] = append(floats[model.DenseMask], 1)
			floats[model.AttentionBias] = append(floats[model.AttentionBias], 0)
			place++
		}
	}
	ints[task.LabelsInput] = b.Labels
	sizes := map[string]int64{
		"B": int64(rows), "S": int64(longest), "BS": int64(rows * longest), "T": int64(len(ints[model.PositionIDs])),
	}
	feeds := map[string]*onnx.Tensor{}
	for _, v := range inputs {
		var dims []int64
		for _, d := range v.Type.Shape {
			if !d.Known() {
				d.Size = sizes[d.Param]
			}
			dims = append(dims, d.Size)
		}
		if v.Type.DType == onnx.Float {
			feeds[v.Name] = onnx.NewTensor(dims, floats[v.Name]...)
		} else {
			feeds[v.Name] = onnx.NewTensor(dims, ints[v.Name]...)
		}
	}
	return feeds
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
