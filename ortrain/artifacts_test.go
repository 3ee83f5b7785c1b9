package ortrain_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/optim"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/ort/orttest"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/trainop"
)

const roundTripRate = 2e-3

// trainSteps runs steps from to to (counting from 1) over the batches of the
// golden case and returns their losses.
func trainSteps(t *testing.T, n *ortrain.Network, c *goldenCase, from, to int) (losses []float64) {
	t.Helper()
	ctx := context.Background()
	for step := from; step <= to; step++ {
		loss, err := n.Accumulate(ctx, c.batch(step-1), step, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Update(ctx, ortrain.Update{LearningRate: roundTripRate, MaxGradNorm: 1, N: loss.N}); err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss.Mean)
	}
	if err := n.Settle(); err != nil {
		t.Fatal(err)
	}
	return losses
}

// Artifacts that were written, half trained, written and read again train as
// if they had never left memory, byte for byte.
func TestGoldenArtifactsRoundTrip(t *testing.T) {
	golden := shared(t, "testdata", "golden", "bert-cls")
	c := readCase(t, golden)
	const half = 5
	for name, v := range map[string]struct {
		form   model.Form
		method optim.Method // nil takes the one in the files
	}{"packed": {model.Packed, nil}, "padded": {model.Padded, nil}, "without moments": {model.Packed, optim.SGD{}}} {
		form, opts := v.form, ortrain.NetworkOptions{Threads: 2, Method: v.method}
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			config, err := model.ReadConfig(golden)
			if err != nil {
				t.Fatal(err)
			}
			set, _ := buildSet(t, config, form)
			whole := openNetwork(t, golden, form, opts)
			first, second := filepath.Join(t.TempDir(), "start"), filepath.Join(t.TempDir(), "half")
			if err := whole.SaveArtifacts(ctx, disk.OS(), first, set, roundTripRate); err != nil {
				t.Fatal(err)
			}
			want := trainSteps(t, whole, c, 1, len(c.Batches))

			n, _ := openArtifacts(t, first, artifact.DefaultFiles(), opts)
			got := trainSteps(t, n, c, 1, half)
			set, _ = buildSet(t, config, form)
			if err := n.SaveArtifacts(ctx, disk.OS(), second, set, roundTripRate); err != nil {
				t.Fatal(err)
			}
			n, f := openArtifacts(t, second, artifact.DefaultFiles(), opts)
			if f.Checkpoint.Groups[0].Step != half {
				t.Errorf("step %d", f.Checkpoint.Groups[0].Step)
			}
			got = append(got, trainSteps(t, n, c, half+1, len(c.Batches))...)
			if !slices.Equal(got, want) {
				t.Errorf("losses\n%v\n%v", got, want)
			}
			for _, name := range whole.Names() {
				if !slices.Equal(n.Weight(name), whole.Weight(name)) {
					t.Errorf("%s differs", name)
				}
			}
		})
	}
}

// A run that begins with another's weights begins without its moments.
func TestGoldenWeightsWithoutMoments(t *testing.T) {
	golden := shared(t, "testdata", "golden", "bert-cls")
	config, err := model.ReadConfig(golden)
	if err != nil {
		t.Fatal(err)
	}
	trained := openNetwork(t, golden, model.Packed, ortrain.NetworkOptions{Threads: 2})
	trainSteps(t, trained, readCase(t, golden), 1, 3)
	dir := filepath.Join(t.TempDir(), "artifacts")
	set, _ := buildSet(t, config, model.Packed)
	if err := trained.SaveArtifacts(context.Background(), disk.OS(), dir, set, roundTripRate); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, artifact.CheckpointFile)
	n := openNetwork(t, golden, model.Packed, ortrain.NetworkOptions{Threads: 2})
	for _, c := range []struct {
		load func(string) error
		step int64
	}{{n.LoadWeights, 0}, {n.LoadCheckpoint, 3}} {
		if err := c.load(path); err != nil {
			t.Fatal(err)
		}
		if got := n.Optimizer().State().Step; got != c.step {
			t.Errorf("the optimizer stands at step %d, want %d", got, c.step)
		}
		for _, name := range n.Names() {
			if !slices.Equal(n.Weight(name), trained.Weight(name)) {
				t.Errorf("%s differs", name)
			}
		}
	}
}

// What official artifacts get wrong, ours do not.
func TestGoldenCutGradients(t *testing.T) {
	config, err := model.ReadConfig(shared(t, "testdata", "golden", "bert-cls"))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []model.Form{model.Packed, model.Padded} {
		set, _ := buildSet(t, config, form)
		low, err := program.Lower(set.Training, nil, program.Options{})
		if err != nil || len(low.Cut) > 0 || len(low.Rows) == 0 {
			t.Errorf("form %d: %v are cut, %v", form, low.Cut, err)
		}
	}
	f, err := artifact.Load(shared(t, "testdata", "ort-artifacts", "tiny-bert-1.19.2"), artifact.DefaultFiles())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, f.Close)
	low, err := program.Lower(f.Training, nil, program.Options{})
	if err != nil || !slices.Equal(low.Cut, []string{"m.bert.embeddings.position_embeddings.weight"}) {
		t.Errorf("official: %v are cut, %v", low.Cut, err)
	}
}

// Artifacts that cannot be trained are refused by name.
func TestGoldenRefusedArtifacts(t *testing.T) {
	env := orttest.Env(t)
	for name, c := range map[string]struct {
		dir   string
		files artifact.Files
		want  error
		says  string
	}{
		"nominal checkpoint": {
			filepath.Join("microsoft-onnxruntime", "training_api"),
			artifact.Files{Training: "training_model.onnx", Eval: "eval_model.onnx", Checkpoint: "nominal_checkpoint"},
			artifact.ErrNominal, "fc1.weight",
		},
		"an operator that is not built in": {"seizureguard", artifact.DefaultFiles(), program.ErrLower, "ConvGrad"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := artifact.Load(shared(t, "testdata", "ort-artifacts", c.dir), c.files)
			if err != nil {
				t.Fatal(err)
			}
			defer closing(t, f.Close)
			_, err = ortrain.OpenArtifacts(env, f, ortrain.NetworkOptions{})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; it should name %s", err, c.says)
			}
		})
	}
}

// A stock runtime loads the training model as it is on disk, function bodies and
// all, and computes the loss and the gradients that the lowered graph gives.
func TestGoldenTrainingModelOnStockRuntime(t *testing.T) {
	env := orttest.Env(t)
	golden := shared(t, "testdata", "golden", "bert-cls")
	c := readCase(t, golden)
	n := openNetwork(t, golden, model.Padded, ortrain.NetworkOptions{Threads: 2, Standard: true})
	config, err := model.ReadConfig(golden)
	if err != nil {
		t.Fatal(err)
	}
	set, params := buildSet(t, config, model.Padded)
	dir := filepath.Join(t.TempDir(), "artifacts")
	if err := n.SaveArtifacts(context.Background(), disk.OS(), dir, set, 0); err != nil {
		t.Fatal(err)
	}
	m, err := wire.ReadFile(filepath.Join(dir, artifact.TrainingFile), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.IRVersion < 8 || len(m.Functions) == 0 {
		t.Errorf("IR version %d, %d functions", m.IRVersion, len(m.Functions))
	}
	for _, node := range m.Graph.Nodes {
		if op, ok := trainop.Lookup(node.Domain, node.Op); ok && op.Variadic {
			t.Errorf("%s has no function form", node.Op)
		}
	}
	// Stock functions cannot change a buffer, so the gradients become outputs.
	for _, node := range m.Graph.Nodes {
		if node.Op == "InPlaceAccumulatorV2" {
			m.Graph.Outputs = append(m.Graph.Outputs, node.Input(1))
		}
	}
	got := runStock(t, env, m, n, c)

	loss, err := n.Accumulate(context.Background(), c.batch(0), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(float64(got["loss"][0]) - loss.Mean); d > 1e-6 {
		t.Errorf("loss differs by %.3g", d)
	}
	largest, compared := 0.0, 0
	for _, p := range params {
		for _, v := range n.Gradient(p.Name) {
			largest = max(largest, math.Abs(float64(v))/loss.N)
		}
	}
	for _, p := range params {
		want := n.Gradient(p.Name)
		if want == nil {
			continue // its rows are compared by every test that trains
		}
		compared++
		for i, v := range got[p.Name+"_grad"] {
			if d := math.Abs(float64(v) - float64(want[i])/loss.N); d > 1e-6*largest {
				t.Fatalf("gradient of %s[%d] differs by %.3g", p.Name, i, d)
			}
		}
	}
	if compared < 30 {
		t.Errorf("only %d gradients were compared", compared)
	}
}

// runStock runs a training model with the weights of n on the first batch and
// returns its float outputs.
func runStock(t *testing.T, env *ort.Env, m *onnx.Model, n *ortrain.Network, c *goldenCase) map[string][]float32 {
	t.Helper()
	data, err := wire.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	s := orttest.Session(t, data, ort.Options{IntraOpThreads: 2})
	b, err := program.NewBinder(m.Graph.Inputs, 0)
	if err != nil {
		t.Fatal(err)
	}
	feeds, err := b.Bind(c.batch(0))
	if err != nil {
		t.Fatal(err)
	}
	var in []*ort.Tensor
	for _, info := range s.Inputs() {
		v := m.Graph.Input(info.Name)
		switch f, ok := feeds[info.Name]; {
		case ok:
			in = append(in, orttest.Tensor(t, f.Dims, f.Int64...))
		case v.Type.DType == onnx.Bool:
			reset, err := ort.NewTensor(onnx.Bool, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closing(t, reset.Close) })
			reset.Bools()[0] = true
			in = append(in, reset)
		default:
			values := n.Weight(info.Name)
			if strings.HasSuffix(info.Name, artifact.BufferSuffix) {
				values = make([]float32, len(n.Weight(strings.TrimSuffix(info.Name, artifact.BufferSuffix))))
			}
			in = append(in, orttest.Tensor(t, v.Type.Shape.Sizes(), values...))
		}
	}
	out := make([]*ort.Tensor, len(s.Outputs()))
	if err := s.Run(context.Background(), in, out); err != nil {
		t.Fatal(err)
	}
	values := make(map[string][]float32)
	for i, info := range s.Outputs() {
		t.Cleanup(func() { closing(t, out[i].Close) })
		if out[i].DType() == onnx.Float {
			values[info.Name] = out[i].Float32s()
		}
	}
	return values
}
