package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// labelsOf reads the label names of the training file.
func labelsOf(ctx context.Context, run Run) ([]string, error) {
	s, err := source.Open(ctx, []string{run.TrainFile}, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Label: run.LabelColumn}, Kind: sample.ClassLabel,
	})
	if err != nil {
		return nil, err
	}
	return s.Names(), nil
}

// saveArtifacts writes the four files.
func saveArtifacts(ctx context.Context, dir string, set *artifact.Set, f *folder, params []model.Param, run Run) error {
	fsys := disk.OS()
	if err := fsys.MkdirAll(dir); err != nil {
		return err
	}
	for name, m := range map[string]*onnx.Model{artifact.TrainingFile: set.Training, artifact.EvalFile: set.Eval, artifact.OptimizerFile: set.Optimizer} {
		data, err := wire.Encode(m)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	return nil
}

var _ = feed.DefaultConfig
