package cli

import (
	"context"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// labelsOf reads the label names of the training file.
func labelsOf(ctx context.Context, run Run) ([]string, error) {
	files := []string{run.TrainFile}
	if sets := mixed(run.TrainFile); sets != nil {
		files = nil
		for _, set := range sets {
			files = append(files, set.Files...)
		}
	}
	s, err := source.Open(ctx, files, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Label: run.LabelColumn}, Kind: sample.ClassLabel,
	})
	if err != nil {
		return nil, err
	}
	return s.Names(), nil
}

// saveArtifacts writes the four files: the graphs of a run with the weights,
// and moments if there are any, of its network.
func saveArtifacts(ctx context.Context, dir string, f *folder, net *ortrain.Network, run Run) error {
	b, err := f.blueprint(run)
	if err != nil {
		return err
	}
	set, _, err := b.Artifacts()
	if err != nil {
		return err
	}
	return net.SaveArtifacts(ctx, disk.OS(), dir, set, run.Training.LearningRate)
}
