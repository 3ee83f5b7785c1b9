package artifact_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

// Each of these is refused by name.
func TestMalformed(t *testing.T) {
	write := func(name string, m *onnx.Model) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := wire.WriteFile(filepath.Join(dir, name), m, wire.Options{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkpoint := func(change func(c *odtc.Checkpoint)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			c := newMemory(true).checkpoint()
			change(c)
			if err := odtc.WriteFile(disk.OS(), filepath.Join(dir, artifact.CheckpointFile), c, odtc.Options{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := artifact.Optimizer{Kind: artifact.SGD}.Model()
	other.Graph.Nodes[0].Op = "LambOptimizer"
	two := artifact.DefaultAdamW().Model()
	two.Graph.Nodes = append(two.Graph.Nodes, onnx.NewNode(onnx.DomainMicrosoft, "SGDOptimizerV2", two.Graph.Nodes[0].Inputs[:1], []*onnx.Value{{Name: "flag2"}}))
	none := artifact.DefaultAdamW().Model()
	none.Graph.Nodes, none.Graph.Outputs = nil, nil
	foreign := artifact.DefaultAdamW()
	foreign.AdamMode = 2
	strange := generate(t).Eval
	strange.Graph.Inputs[0].Name = "y"
	silent := generate(t).Eval
	silent.Graph.Outputs = nil

	for _, c := range []struct {
		name  string
		spoil func(*testing.T, string)
		says  string
	}{
		{"no training model", remove(artifact.TrainingFile), artifact.TrainingFile},
		{"no evaluation model", remove(artifact.EvalFile), artifact.EvalFile},
		{"no optimizer model", remove(artifact.OptimizerFile), artifact.OptimizerFile},
		{"no checkpoint", remove(artifact.CheckpointFile), artifact.CheckpointFile},
		{"cut model", func(t *testing.T, dir string) {
			path := filepath.Join(dir, artifact.TrainingFile)
			data, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, data[:len(data)-9], 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, artifact.TrainingFile},
		{"checkpoint as model", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, artifact.CheckpointFile), filepath.Join(dir, artifact.EvalFile)); err != nil {
				t.Fatal(err)
			}
		}, artifact.EvalFile},
		{"unknown optimizer", write(artifact.OptimizerFile, other), "LambOptimizer"},
		{"two optimizers", write(artifact.OptimizerFile, two), "second optimizer"},
		{"no optimizer", write(artifact.OptimizerFile, none), "no AdamWOptimizer"},
		{"unknown mode", write(artifact.OptimizerFile, foreign.Model()), "adam_mode 2"},
		{"evaluation of another model", write(artifact.EvalFile, strange), `input y: float[B,3]`},
		{"evaluation without a loss", write(artifact.EvalFile, silent), "no outputs"},
		{"evaluation for training", write(artifact.TrainingFile, generate(t).Eval), `"w2"`},
		{"parameter that the model lacks", checkpoint(func(c *odtc.Checkpoint) { c.Frozen[0].Name = "w0" }), `"w0"`},
		{"parameter that the checkpoint lacks", checkpoint(func(c *odtc.Checkpoint) { c.Trainable, c.Groups = c.Trainable[:1], nil }), `"b2"`},
		{"trainable without a gradient", checkpoint(func(c *odtc.Checkpoint) {
			c.Trainable, c.Frozen = append(c.Trainable, c.Frozen...), nil
		}), "w1_grad.accumulation.buffer"},
		{"other shape", checkpoint(func(c *odtc.Checkpoint) { c.Frozen[0].Dims = []int64{3, 4} }), "[3 4]"},
		{"other rank", checkpoint(func(c *odtc.Checkpoint) { c.Frozen[0].Dims = []int64{12} }), "[12]"},
		{"other type", checkpoint(func(c *odtc.Checkpoint) { c.Frozen[0].DType = onnx.Int32 }), "int32"},
		{"moments of a frozen parameter", checkpoint(func(c *odtc.Checkpoint) { c.Groups[0].States[0].Parameter = "w1" }), `"w1"`},
		{"moments of another shape", checkpoint(func(c *odtc.Checkpoint) { c.Groups[0].States[0].Moments[1].Dims = []int64{4, 2} }), "momentum1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			save(t, dir, nil)
			c.spoil(t, dir)
			f, err := artifact.Load(dir, artifact.DefaultFiles())
			if f != nil {
				t.Error("a folder comes with the error")
			}
			if !errors.Is(err, artifact.ErrFormat) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; it should name %s", err, c.says)
			}
		})
	}
}

// What cannot be read back is not written.
func TestSaveRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "artifacts")
	c := newMemory(true).checkpoint()
	c.Frozen[0].Name = "w0"
	err := artifact.Save(context.Background(), disk.OS(), dir, generate(t), c)
	if !errors.Is(err, artifact.ErrFormat) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}

// A checkpoint that no file can hold is refused too.
func TestParameterTwice(t *testing.T) {
	c := newMemory(true).checkpoint()
	c.Frozen = append(c.Frozen, c.Trainable[0])
	if _, err := artifact.ParseSignature(generate(t).Training, c); !errors.Is(err, artifact.ErrFormat) || !strings.Contains(err.Error(), `"w2"`) {
		t.Errorf("got %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	m := newMemory(false)
	for name, c := range map[string]struct {
		change func(c *odtc.Checkpoint)
		says   string
	}{
		"weights of another size": {func(c *odtc.Checkpoint) { c.Trainable[0] = c.Frozen[0]; c.Trainable[0].Name = "w2" }, `"w2"`},
		"integer weights":         {func(c *odtc.Checkpoint) { c.Trainable[0].DType = onnx.Int32 }, "int32"},
		"two groups":              {func(c *odtc.Checkpoint) { c.Groups = append(c.Groups, odtc.OptimizerGroup{Name: "more"}) }, "2 optimizer groups"},
		"a moment too few":        {func(c *odtc.Checkpoint) { s := &c.Groups[0].States[1]; s.Moments = s.Moments[:1] }, "momentum1"},
		"a moment of another size": {func(c *odtc.Checkpoint) {
			c.Groups[0].States[0].Moments[0] = c.Groups[0].States[1].Moments[0]
		}, "momentum0"},
	} {
		t.Run(name, func(t *testing.T) {
			ck := newMemory(true).checkpoint()
			c.change(ck)
			err := artifact.ReadWeights(ck, m.weight)
			if err == nil {
				_, err = artifact.ReadMoments(ck, m.state)
			}
			if !errors.Is(err, artifact.ErrFormat) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; it should name %s", err, c.says)
			}
		})
	}
}
