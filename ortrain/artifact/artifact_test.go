package artifact_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/autodiff/rules"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk/disktest"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/optim"
)

// network is a classifier with a frozen first layer and labels of other name
// and type than usual.
const network = `
<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1]>
perceptron (float[B,3] x, int32[B] answer, float[4,3] w1, float[4] b1, float[2,4] w2, float[2] b2) => (float[] loss, float[B,2] logits) {
  h = Gemm <transB = 1> (x, w1, b1)
  a = Tanh (h)
  logits = Gemm <transB = 1> (a, w2, b2)
  loss, log_prob = SoftmaxCrossEntropyLoss <reduction = "mean"> (logits, answer)
}`

var trainable, frozen = []string{"w2", "b2"}, []string{"w1", "b1"}

func generate(t testing.TB) *artifact.Set {
	t.Helper()
	set, err := artifact.Generate(artifact.Request{
		Train: onnxtest.MustParse(t, network), Eval: onnxtest.MustParse(t, network),
		Trainable: trainable, Frozen: frozen, Rules: rules.Standard(),
		Optimizer: artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.8, Beta: 0.99, Epsilon: 1e-6, WeightDecay: 0.01, AdamMode: 1, CorrectBias: 1, ClipNorm: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var params = []artifact.Param{
	{Name: "w1", DType: onnx.Float, Shape: []int64{4, 3}},
	{Name: "b1", DType: onnx.Float, Shape: []int64{4}},
	{Name: "w2", DType: onnx.Float, Shape: []int64{2, 4}, Trainable: true},
	{Name: "b2", DType: onnx.Float, Shape: []int64{2}, Trainable: true},
}

// memory is weights and moments, numbered through.
type memory struct {
	weights map[string][]float32
	state   optim.State
}

func newMemory(numbers bool) *memory {
	m := &memory{weights: make(map[string][]float32), state: optim.State{Step: 7}}
	next := float32(0)
	fill := func(n int64) []float32 {
		v := make([]float32, n)
		for i := range v {
			if numbers {
				next += 0.25
			}
			v[i] = next
		}
		return v
	}
	for _, p := range params {
		m.weights[p.Name] = fill(p.Len())
		if p.Trainable {
			m.state.Moments = append(m.state.Moments,
				optim.Tensor{Parameter: p.Name, Moment: "momentum0", Shape: p.Shape, Data: fill(p.Len())},
				optim.Tensor{Parameter: p.Name, Moment: "momentum1", Shape: p.Shape, Data: fill(p.Len())})
		}
	}
	return m
}

func (m *memory) weight(name string) []float32 { return m.weights[name] }

func (m *memory) checkpoint() *odtc.Checkpoint {
	c := artifact.NewCheckpoint(params, m.weight)
	c.Groups = []odtc.OptimizerGroup{artifact.NewGroup(m.state, 5e-5)}
	c.Properties.Ints = map[string]int64{"step": 7}
	return c
}

// save writes a set and its checkpoint, which change may spoil before.
func save(t testing.TB, dir string, change func(set *artifact.Set, c *odtc.Checkpoint)) {
	t.Helper()
	set, c := generate(t), newMemory(true).checkpoint()
	if change != nil {
		change(set, c)
	}
	if err := artifact.Save(context.Background(), disk.OS(), dir, set, c); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, dir string) *artifact.Folder {
	t.Helper()
	f, err := artifact.Load(dir, artifact.DefaultFiles())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestSaveLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "artifacts")
	save(t, dir, nil)
	f := load(t, dir)

	names := func(list []*onnx.Value) (out []string) {
		for _, v := range list {
			out = append(out, v.String())
		}
		return out
	}
	s := f.Signature
	for _, c := range []struct{ what, got, want any }{
		{"inputs", names(s.Inputs), []string{"x: float[B,3]"}},
		{"labels", names(s.Labels), []string{"answer: int32[B]"}},
		{"outputs", names(s.Outputs), []string{"logits: float[B,2]"}},
		{"loss", s.Loss.String(), "loss: float[]"},
		{"parameters", s.Params, params},
		{"trainable", s.Trainable(), params[2:]},
		{"input", s.Input("answer").String(), "answer: int32[B]"},
		{"settings", f.Settings, artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.8, Beta: 0.99, Epsilon: 1e-6, WeightDecay: 0.01, AdamMode: 1, CorrectBias: 1, ClipNorm: 2}},
		{"properties", f.Checkpoint.Properties.Ints, map[string]int64{"step": 7}},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("%s:\n%s", c.what, d)
		}
	}
	if s.Input("w1") != nil {
		t.Error("a parameter is no user input")
	}
	want, got := newMemory(true), newMemory(false)
	if err := f.ReadWeights(got.weight); err != nil {
		t.Fatal(err)
	}
	state, err := artifact.ReadMoments(f.Checkpoint, got.state)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.weights, got.weights) + cmp.Diff(want.state, state); d != "" {
		t.Error(d)
	}
	if r := f.Checkpoint.Groups[0].InitialLearningRate; r != 5e-5 {
		t.Errorf("learning rate %v", r)
	}
	entries, _ := os.ReadDir(filepath.Dir(dir))
	if len(entries) != 1 {
		t.Errorf("beside the folder lies %v", entries)
	}
}

// Names, order and types of a training model's inputs and outputs are what an
// official training session looks for.
func TestTrainingInputs(t *testing.T) {
	g := generate(t).Training.Graph
	var got []string
	for _, v := range slices.Concat(g.Inputs, g.Outputs) {
		got = append(got, v.String())
	}
	want := []string{
		"x: float[B,3]", "answer: int32[B]",
		"w1: float[4,3]", "b1: float[4]", "w2: float[2,4]", "b2: float[2]",
		"w2_grad.accumulation.buffer: float[2,4]", "b2_grad.accumulation.buffer: float[2]", "lazy_reset_grad: bool[1]",
		"loss: float[]", "logits: float[B,2]", "w2_grad.accumulation.out: bool[1]", "b2_grad.accumulation.out: bool[1]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNominal(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, func(_ *artifact.Set, c *odtc.Checkpoint) { c.Nominalize() })
	f := load(t, dir)
	if d := cmp.Diff(params, f.Signature.Params); d != "" {
		t.Errorf("shapes must come from the model:\n%s", d)
	}
	if err := f.ReadWeights(newMemory(false).weight); !errors.Is(err, artifact.ErrNominal) {
		t.Errorf("got %v", err)
	}
}

// A set saved over another leaves nothing of it, and leaves other files alone.
func TestSaveOver(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "notes.txt")
	stale := filepath.Join(dir, artifact.CheckpointFile+odtc.DataSuffix)
	for _, path := range []string{notes, stale} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(t, dir, nil)
	save(t, dir, func(set *artifact.Set, _ *odtc.Checkpoint) { set.Optimizer = nil })
	for path, want := range map[string]bool{notes: true, stale: false, filepath.Join(dir, artifact.OptimizerFile): false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	files := artifact.DefaultFiles()
	files.Optimizer = ""
	f, err := artifact.Load(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Settings.Kind != "" || f.Optimizer != nil {
		t.Errorf("settings %+v without an optimizer model", f.Settings)
	}
}

// However a write fails, the folder holds the old set, the new one, or one that
// is refused.
func TestEveryFault(t *testing.T) {
	for at := 1; ; at++ {
		dir := filepath.Join(t.TempDir(), "artifacts")
		save(t, dir, func(_ *artifact.Set, c *odtc.Checkpoint) { c.Properties.Ints["step"] = 1 })
		faults := &disktest.Faults{FS: disk.OS(), At: at, Err: syscall.ENOSPC, NoSync: true, Dead: at%2 == 0}
		err := artifact.Save(context.Background(), faults, dir, generate(t), newMemory(true).checkpoint())
		if faults.Failed() == "" {
			if err != nil || at < 15 {
				t.Fatalf("after %d calls: %v", at-1, err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got %v", faults.Failed(), err)
		}
		f, err := artifact.Load(dir, artifact.DefaultFiles())
		switch {
		case errors.Is(err, artifact.ErrFormat):
			if _, err := os.Stat(filepath.Join(dir, artifact.CheckpointFile)); err == nil {
				t.Errorf("%s: a mixture stays behind", faults.Failed())
			}
		case err != nil:
			t.Errorf("%s: %v", faults.Failed(), err)
		default:
			f.Close()
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "artifacts")
	err := artifact.Save(ctx, disk.OS(), dir, generate(t), newMemory(true).checkpoint())
	if _, serr := os.Stat(dir); !errors.Is(err, context.Canceled) || !errors.Is(serr, fs.ErrNotExist) {
		t.Errorf("got %v, folder: %v", err, serr)
	}
}

// Constants of any size, and checkpoints with parts beside them, come back.
func TestConstantsBesideTheModel(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, nil)
	set := generate(t)
	if err := wire.WriteFile(filepath.Join(dir, artifact.TrainingFile), set.Training, wire.Options{ExternalThreshold: 1}); err != nil {
		t.Fatal(err)
	}
	onnxtest.Equal(t, load(t, dir).Training, set.Training)
}
