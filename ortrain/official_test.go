package ortrain_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/program"
)

// trajectory is trajectory.json beside official artifacts: what the official
// runtime did with them.
type trajectory struct {
	LearningRate float64 `json:"learning_rate"`
	Inputs       string
	Losses       []float64
	EvalLoss     float64 `json:"eval_loss_of_last_batch_after_training"`
}

// What the official runtime's and our float32 arithmetic may differ by.
const (
	boundOfficialLoss = 1e-5
	boundOfficialEval = 1e-5
)

// both runs a test with our operators and with the runtime's alone.
func both(t *testing.T, run func(t *testing.T, opts ortrain.NetworkOptions)) {
	t.Run("native", func(t *testing.T) { run(t, ortrain.NetworkOptions{Threads: 2}) })
	t.Run("standard", func(t *testing.T) { run(t, ortrain.NetworkOptions{Threads: 2, Standard: true}) })
}

// openArtifacts loads a folder into a network and also returns what its graphs
// asked for.
func openArtifacts(t testing.TB, dir string, files artifact.Files, opts ortrain.NetworkOptions) (*ortrain.Network, *artifact.Folder) {
	t.Helper()
	env := orttest.Env(t)
	f, err := artifact.Load(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, f.Close) })
	n, err := ortrain.OpenArtifacts(env, f, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, n.Close) })
	return n, f
}

func closing(t testing.TB, close func() error) {
	if err := close(); err != nil {
		t.Error(err)
	}
}

func TestOfficialArtifacts(t *testing.T) {
	root := os.Getenv("ORTRAIN_ORT_ARTIFACTS")
	if root == "" {
		root = shared(t, "testdata", "ort-artifacts")
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "trajectory.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no folder in %s has a trajectory.json (%v)", root, err)
	}
	for _, path := range found {
		dir := filepath.Dir(path)
		var want trajectory
		readJSON(t, path, &want)
		batches := goldenFeeds(t, want.Inputs)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			both(t, func(t *testing.T, opts ortrain.NetworkOptions) { followTrajectory(t, dir, want, batches, opts) })
		})
	}
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// goldenFeeds returns the batches of the golden case that a trajectory names,
// each input by the name it has there.
func goldenFeeds(t testing.TB, inputs string) []map[string]program.Feed {
	t.Helper()
	name := regexp.MustCompile(`golden ([\w-]+)`).FindStringSubmatch(inputs)
	if name == nil {
		t.Fatalf("inputs %q name no golden case", inputs)
	}
	var c struct{ Batches []map[string]json.RawMessage }
	readJSON(t, filepath.Join(shared(t, "testdata", "golden", name[1]), "case.json"), &c)
	feeds := make([]map[string]program.Feed, len(c.Batches))
	for i, b := range c.Batches {
		feeds[i] = make(map[string]program.Feed)
		for key, raw := range b {
			var list []int64
			var table [][]int64
			if json.Unmarshal(raw, &list) == nil {
				feeds[i][key] = program.Feed{Dims: []int64{int64(len(list))}, Int64: list}
			} else if json.Unmarshal(raw, &table) == nil {
				f := program.Feed{Dims: []int64{int64(len(table)), int64(len(table[0]))}}
				for _, row := range table {
					f.Int64 = append(f.Int64, row...)
				}
				feeds[i][key] = f
			}
		}
	}
	return feeds
}

// feedsOf picks what a signature asks for.
func feedsOf(t testing.TB, s *artifact.Signature, batch map[string]program.Feed) (map[string]program.Feed, float64) {
	t.Helper()
	feeds := make(map[string]program.Feed)
	for _, v := range append(s.Inputs, s.Labels...) {
		f, ok := batch[v.Name]
		if !ok {
			t.Fatalf("the case has no %v", v)
		}
		feeds[v.Name] = f
	}
	return feeds, float64(batch[s.Labels[0].Name].Len())
}

func followTrajectory(t *testing.T, dir string, want trajectory, batches []map[string]program.Feed, opts ortrain.NetworkOptions) {
	ctx := context.Background()
	n, f := openArtifacts(t, dir, artifact.DefaultFiles(), opts)
	worst := 0.0
	var feeds map[string]program.Feed
	for i, loss := range want.Losses {
		var count float64
		feeds, count = feedsOf(t, f.Signature, batches[i])
		got, err := n.AccumulateFeeds(ctx, feeds, count, i+1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Update(ctx, ortrain.Update{LearningRate: want.LearningRate, N: count}); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, math.Abs(got-loss))
	}
	eval, err := n.EvaluateFeeds(ctx, feeds)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("losses differ by at most %.2g, the evaluation by %.2g", worst, math.Abs(eval-want.EvalLoss))
	if worst > boundOfficialLoss || math.Abs(eval-want.EvalLoss) > boundOfficialEval {
		t.Errorf("losses differ by %.3g, the evaluation by %.3g", worst, math.Abs(eval-want.EvalLoss))
	}
	after := filepath.Join(dir, "checkpoint_after_10_steps")
	if _, err := os.Stat(after); errors.Is(err, os.ErrNotExist) {
		t.Log("no checkpoint_after_10_steps to compare with")
		return
	}
	if err := n.Settle(); err != nil {
		t.Fatal(err)
	}
	compareState(t, n, after)
}

// compareState compares weights, moments and step with a checkpoint of the
// official runtime.
func compareState(t *testing.T, n *ortrain.Network, path string) {
	t.Helper()
	c, err := odtc.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, c.Close)
	worst, compared := 0.0, 0
	compare := func(name string, want *odtc.Tensor, got []float32) {
		compared++
		values := make([]float32, len(got))
		if err := want.Float32(values); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		limit, d := boundWeights, 0.0
		if keyBias(name) {
			limit = boundKeyBias
		}
		for i, w := range values {
			d = max(d, math.Abs(float64(got[i])-float64(w)))
		}
		worst = max(worst, d/limit)
		if d > limit {
			t.Errorf("%s %s differs by %.3g; at most %.3g is right", name, want.Name, d, limit)
		}
	}
	for i := range c.Trainable {
		compare(c.Trainable[i].Name, &c.Trainable[i], n.Weight(c.Trainable[i].Name))
	}
	state := n.Optimizer().State()
	if len(c.Groups) != 1 || c.Groups[0].Step != state.Step {
		t.Fatalf("groups %d, step %d; one group after %d steps is expected", len(c.Groups), c.Groups[0].Step, state.Step)
	}
	ours := make(map[string][]float32)
	for _, m := range state.Moments {
		ours[m.Parameter+"/"+m.Moment] = m.Data
	}
	for _, s := range c.Groups[0].States {
		for i := range s.Moments {
			compare(s.Parameter, &s.Moments[i], ours[s.Parameter+"/"+s.Moments[i].Name])
		}
	}
	if want := len(n.Names()) + len(state.Moments); compared != want {
		t.Errorf("%d arrays were compared, there are %d", compared, want)
	}
	t.Logf("%d arrays at %.2g of their bounds", compared, worst)
}

// The reference losses of the training_api artifacts: the first two are in
// files beside them, all ten in the notes on where they come from.
var trainingAPILosses = []float64{
	2.17862463, 0.36050931, 0.05125322, 0.00904157, 0.00190406, 0.00046592, 0.00013035, 0.00004101, 0.00001430, 0.00000542,
}

// The multilayer perceptron of ONNX Runtime's own tests: int32 labels, inputs
// of other names, IR version 7.
func TestTrainingAPI(t *testing.T) {
	dir := shared(t, "testdata", "ort-artifacts", "microsoft-onnxruntime", "training_api")
	files := artifact.Files{Training: "training_model.onnx", Eval: "eval_model.onnx", Optimizer: "adamw.onnx", Checkpoint: "checkpoint.ckpt"}
	text, err := os.ReadFile(filepath.Join(dir, "input-0.in"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\n")
	var image []float32
	if err := json.Unmarshal([]byte(list), &image); err != nil {
		t.Fatal(err)
	}
	feeds := map[string]program.Feed{
		"input-0": {Dims: []int64{2, 784}, Float32: image},
		"labels":  {Dims: []int64{2}, Int32: []int32{1, 1}},
	}
	both(t, func(t *testing.T, opts ortrain.NetworkOptions) {
		ctx := context.Background()
		n, f := openArtifacts(t, dir, files, opts)
		if got := f.Signature.Labels; len(got) != 1 || got[0].String() != "labels: int32[output-0_dim0]" || len(f.Signature.Inputs) != 1 {
			t.Errorf("labels %v, inputs %v", got, f.Signature.Inputs)
		}
		const rate = 1e-3 // of ONNX Runtime's training session, unless told otherwise
		for i, want := range trainingAPILosses {
			before, err := n.EvaluateFeeds(ctx, feeds)
			if err != nil {
				t.Fatal(err)
			}
			loss, err := n.AccumulateFeeds(ctx, feeds, 2, i+1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := n.Update(ctx, ortrain.Update{LearningRate: rate, N: 2}); err != nil {
				t.Fatal(err)
			}
			if d := math.Abs(loss - want); d > 1e-6 {
				t.Errorf("step %d: loss %.8f, %.8f is right", i+1, loss, want)
			}
			if d := math.Abs(before - loss); d > 1e-7+1e-6*loss {
				t.Errorf("step %d: evaluation gives %.8f, training %.8f", i+1, before, loss)
			}
		}
	})
}

// The official gradient of the position table is that of the first sequence of
// each batch only; Repair makes it PyTorch's. Steps of plain gradient descent at
// rate 1 show the gradient.
func TestRepairedGradients(t *testing.T) {
	dir := shared(t, "testdata", "ort-artifacts", "tiny-bert-1.19.2")
	want := readGradients(t, shared(t, "testdata", "golden", "bert-cls", "grads.safetensors"))
	batch := goldenFeeds(t, "golden bert-cls")[0]
	const positions = "m.bert.embeddings.position_embeddings.weight"
	for _, repair := range []bool{true, false} {
		ctx := context.Background()
		n, f := openArtifacts(t, dir, artifact.DefaultFiles(), ortrain.NetworkOptions{Threads: 2, Method: optim.SGD{}, Repair: repair})
		before := make(map[string][]float32)
		for _, name := range n.Names() {
			before[name] = slices.Clone(n.Weight(name))
		}
		feeds, count := feedsOf(t, f.Signature, batch)
		if _, err := n.AccumulateFeeds(ctx, feeds, count, 1, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Update(ctx, ortrain.Update{LearningRate: 1, N: count}); err != nil {
			t.Fatal(err)
		}
		if err := n.Settle(); err != nil {
			t.Fatal(err)
		}
		for name, w := range before {
			d := 0.0
			for i, g := range want[strings.TrimPrefix(name, "m.")] {
				d = max(d, math.Abs(float64(w[i]-n.Weight(name)[i])-float64(g)))
			}
			if wrong := d > 1e-6; wrong != (name == positions && !repair) {
				t.Errorf("repair %t: the gradient of %s differs from PyTorch's by %.3g", repair, name, d)
			}
		}
	}
}

func readGradients(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f.Close)
	values := make(map[string][]float32)
	for _, info := range f.Infos() {
		values[info.Name] = make([]float32, info.Len())
		if err := f.ReadFloat32(info.Name, values[info.Name]); err != nil {
			t.Fatal(err)
		}
	}
	return values
}
