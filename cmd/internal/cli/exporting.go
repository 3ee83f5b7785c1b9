package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/program"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// exportModel writes the export folder of a run and proves it.
func (s *session) exportModel(ctx context.Context, out *trained) error {
	if s.run.NoExport {
		return nil
	}
	dir := filepath.Join(s.run.OutputDir, exportDir)
	metrics := make(map[string]float64)
	for name, v := range out.metrics {
		if strings.HasPrefix(name, "eval_") || strings.HasPrefix(name, "predict_") {
			metrics[name] = v
		}
	}
	if err := writeExport(ctx, dir, s.folder, s.net, s.run, metrics); err != nil {
		return err
	}
	data := s.data.validation
	if data == nil {
		data = s.data.test
	}
	if data == nil {
		data = s.data.train.Limit(parityRows)
	}
	p, err := proveExport(ctx, s.ort, dir, s.run, s.net, ortrain.InOrder(data))
	if err != nil {
		return err
	}
	out.export = dir
	s.say("export in %s: logits within %.2g of the trained weights on %s rows, %d labels flip",
		dir, p.LargestDifference, thousands(int64(p.Examples)), p.LabelFlips)
	return p.Err()
}

// parityRows is how many training rows prove an export when there is no other
// data.
const parityRows = 512

// writeExport writes the weights of a network as an export folder.
func writeExport(ctx context.Context, dir string, f *folder, net *ortrain.Network, run Run, metrics map[string]float64) error {
	c := run.Training
	return export.Write(ctx, disk.OS(), dir, export.Bundle{
		Config: f.config, Task: task.Classification(), Opset: run.Opset, Files: f.files,
		Weight: net.ReadWeight,
		Card: export.Card{
			Metrics: metrics, MaxSeqLength: run.MaxSeqLength,
			Settings: map[string]string{
				"learning_rate": fmt.Sprint(c.LearningRate), "num_train_epochs": fmt.Sprint(c.NumTrainEpochs),
				"train_batch_size": fmt.Sprint(run.TrainBatchSize * c.GradientAccumulationSteps), "weight_decay": fmt.Sprint(c.WeightDecay),
				"lr_scheduler_type": c.LRSchedulerType, "optim": c.Optim, "seed": fmt.Sprint(c.Seed),
			},
		},
	})
}

// proveExport compares the exported graph with a network on data and writes the
// figures beside it.
func proveExport(ctx context.Context, env *ort.Env, dir string, run Run, net *ortrain.Network, data ortrain.Data) (*export.Parity, error) {
	served, err := openServed(env, dir, run)
	if err != nil {
		return nil, err
	}
	p := &export.Parity{}
	_, err = ortrain.Evaluate(ctx, net, data, nil, func(out ortrain.Outputs, b *sample.Batch) error {
		logits, err := served.logits(ctx, b)
		if err != nil {
			return err
		}
		return p.Add(logits, out.Logits, int(out.LogitsShape[len(out.LogitsShape)-1]))
	})
	if err := errors.Join(err, served.Close()); err != nil {
		return nil, err
	}
	return p, export.WriteParity(disk.OS(), dir, *p)
}

// served is an exported graph in a session of its own.
type served struct {
	session *ort.Session
	binder  *program.Binder
}

// openServed loads the graph. The file may come from anywhere, so it is looked at
// before the runtime opens it and whatever it refers to.
func openServed(env *ort.Env, dir string, run Run) (*served, error) {
	path := filepath.Join(dir, export.ModelFile)
	m, err := wire.ReadFile(path, wire.Options{Lazy: true})
	if err == nil {
		err = wire.CheckExternal(m, dir)
	}
	if err != nil {
		return nil, fail(ExitData, fmt.Errorf("exported graph: %w", err), "an export folder holds "+export.ModelFile+"; ortrain export writes it")
	}
	session, err := env.NewSessionFromFile(path, ort.Options{
		Name: "export", IntraOpThreads: run.Threads, Arena: true,
		Provider: ort.Provider{Name: run.Provider, DeviceID: run.DeviceID, GPUMemLimit: run.GPUMemLimit},
	})
	if errors.Is(err, ort.ErrProvider) {
		return nil, err
	}
	if err != nil {
		return nil, fail(ExitData, fmt.Errorf("exported graph %s: %w", path, err), "")
	}
	var inputs []*onnx.Value
	for _, in := range session.Inputs() {
		inputs = append(inputs, &onnx.Value{Name: in.Name, Type: onnx.TensorOf(in.DType, anyShape(len(in.Shape)))})
	}
	binder, err := program.NewBinder(inputs, 0)
	if err != nil {
		return nil, errors.Join(fail(ExitData, err, ""), session.Close())
	}
	return &served{session, binder}, nil
}

func anyShape(rank int) onnx.Shape {
	s := make(onnx.Shape, rank)
	for i := range s {
		s[i] = onnx.AnyDim
	}
	return s
}

// Close unloads the graph.
func (s *served) Close() error { return s.session.Close() }

// logits runs one batch.
func (s *served) logits(ctx context.Context, b *sample.Batch) (_ []float32, err error) {
	feeds, err := s.binder.Bind(b)
	if err != nil {
		return nil, err
	}
	var open []io.Closer
	defer func() {
		for _, t := range open {
			err = errors.Join(err, t.Close())
		}
	}()
	var in []*ort.Tensor
	for _, info := range s.session.Inputs() {
		f, ok := feeds[info.Name]
		if !ok || f.Int64 == nil {
			return nil, fail(ExitData, fmt.Errorf("the exported graph has an input %q that a text does not give", info.Name), "")
		}
		t, err := ort.TensorOf(f.Dims, f.Int64...)
		if err != nil {
			return nil, err
		}
		open = append(open, t)
		in = append(in, t)
	}
	outputs := make([]*ort.Tensor, len(s.session.Outputs()))
	if err := s.session.Run(ctx, in, outputs); err != nil {
		return nil, err
	}
	var logits []float32
	for i, info := range s.session.Outputs() {
		open = append(open, outputs[i])
		if info.Name == "logits" {
			logits = append(logits, outputs[i].Float32s()...)
		}
	}
	if logits == nil {
		return nil, fail(ExitData, errors.New("the exported graph has no float output logits"), "")
	}
	return logits, nil
}
