package cli

import (
	"context"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/probe"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func probeCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"config_name", "train_file", "unlabeled", "test_file", "max_train_samples", "label_column", "output_dir", "seed"}, dataOptions, runtimeOptions)
	return command(e, "probe", "fit a linear classifier on the frozen encoder: what fine-tuning has to beat", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		if err := must("train_file", run.TrainFile, "test_file", run.TestFile); err != nil {
			return err
		}
		s, err := openProbe(ctx, e, run)
		if err != nil {
			return err
		}
		defer s.close()
		return s.probe(ctx)
	}))
}

// openProbe opens data and the encoder without a head.
func openProbe(ctx context.Context, e Env, run Run) (_ *session, err error) {
	s := &session{env: e, run: run, tolerant: true}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.openRows(ctx); err != nil {
		return nil, err
	}
	b, err := s.folder.blueprint(run)
	if err != nil {
		return nil, err
	}
	b.Task = task.Embedding()
	if s.net, err = b.Network(s.ort, ortrain.NetworkOptions{Threads: run.Threads, Seed: run.Training.Seed, EvaluateOnly: true, Provider: provider(run)}); err != nil {
		return nil, err
	}
	s.closer = append(s.closer, s.net)
	_, err = s.folder.fill(s.net)
	return s, err
}

// probe fits on the training rows and answers the test rows.
func (s *session) probe(ctx context.Context) error {
	if n := s.data.unlabelled; n > 0 {
		s.say("%s rows without a label are left out", thousands(int64(n)))
	}
	train, err := s.vectors(ctx, s.data.train)
	if err != nil {
		return err
	}
	o := probe.DefaultOptions()
	o.Seed = s.run.Training.Seed
	s.say("fitting a linear classifier on %s vectors of %d numbers", thousands(int64(train.x.Len())), train.x.Width)
	fitted, err := probe.Fit(ctx, train.x, train.classes, len(s.data.names), o)
	if err != nil {
		return err
	}
	test, err := s.vectors(ctx, s.data.test)
	if err != nil {
		return err
	}
	p, scorer := &predictions{names: s.data.names}, newScorer(len(s.data.names))()
	for i, row := range test.rows {
		logits, err := logProbabilities(fitted, test.x.Row(i))
		if err != nil {
			return err
		}
		out := ortrain.Outputs{Logits: logits, LogitsShape: []int64{1, int64(len(logits))}}
		b := &sample.Batch{Row: []uint64{row}, Labels: sample.Labels{Int: []int64{int64(test.classes[i])}, Shape: []int64{1}}}
		if err := scorer.Add(out, b); err != nil {
			return err
		}
		if err := p.add(out, b); err != nil {
			return err
		}
	}
	return s.probed(ctx, p, scorer.Metrics())
}

// probed prints and writes the results.
func (s *session) probed(ctx context.Context, p *predictions, metrics map[string]float64) error {
	results := map[string]float64{"predict_samples": float64(len(p.rows))}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		results["predict_"+name] = metrics[name]
		fmt.Fprintf(s.env.Stdout, "%-28s %.6f\n", "predict_"+name, metrics[name])
	}
	if s.run.OutputDir == "" {
		return nil
	}
	if err := p.write(ctx, s.run.OutputDir); err != nil {
		return err
	}
	if err := writeHardest(s.run.OutputDir); err != nil {
		return err
	}
	return writeJSON(filepath.Join(s.run.OutputDir, resultsFile), results)
}

// embedded are the labelled rows of a data set as vectors.
type embedded struct {
	x       probe.Vectors
	classes []int
	rows    []uint64
}

// vectors runs the encoder over a data set. Rows without a label are left out.
func (s *session) vectors(ctx context.Context, data *feed.Feed) (embedded, error) {
	var out embedded
	_, err := ortrain.Evaluate(ctx, s.net, ortrain.InOrder(data), nil, func(o ortrain.Outputs, b *sample.Batch) error {
		width := int(o.LogitsShape[1])
		out.x.Width = width
		for i, row := range b.Row {
			if b.Labels.Int == nil || b.Labels.Int[i] < 0 {
				continue
			}
			out.x.Values = append(out.x.Values, o.Logits[i*width:(i+1)*width]...)
			out.classes, out.rows = append(out.classes, int(b.Labels.Int[i])), append(out.rows, row)
		}
		return nil
	})
	return out, err
}

// logProbabilities returns what softmax turns back into the probabilities.
func logProbabilities(p *probe.Probe, vector []float32) ([]float32, error) {
	out, err := p.Probabilities(vector)
	for i, v := range out {
		out[i] = float32(math.Log(max(float64(v), 1e-30)))
	}
	return out, err
}
