package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// Options of the commands that run a finished model.
var (
	modelOptions   = []string{"model_name_or_path", "revision", "tokenizer_name"}
	dataOptions    = []string{"text_column", "text_pair_column", "clean", "max_seq_length", "max_eval_samples", "per_device_eval_batch_size", "dataloader_num_workers"}
	runtimeOptions = []string{"provider", "device_id", "gpu_mem_limit", "threads", "onnxruntime", "quiet"}
)

func names(lists ...[]string) []string { return slices.Concat(lists...) }

// finished opens a model that was trained before, for evaluation only.
func finished(ctx context.Context, e Env, run Run) (_ *session, err error) {
	if err := must("model_name_or_path", run.ModelNameOrPath); err != nil {
		return nil, err
	}
	s := &session{env: e, run: run}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.ort, err = openRuntime(run); err != nil {
		return nil, err
	}
	s.closer = append(s.closer, s.ort)
	if s.folder, err = openFolder(ctx, e, run); err != nil {
		return nil, err
	}
	if s.folder.config.Labels == nil {
		return nil, fail(ExitData, fmt.Errorf("%s has no labels: it was not trained as a classifier", run.ModelNameOrPath), "train it first: ortrain train --help")
	}
	if err := s.openTokenizer(); err != nil {
		return nil, err
	}
	if s.cleaning, err = openCleaning(run, s.folder); err != nil {
		return nil, err
	}
	net, report, err := s.folder.network(s.ort, run, false)
	if err != nil {
		return nil, err
	}
	s.net = net
	s.closer = append(s.closer, net)
	return s, trainedHead(report)
}

// trainedHead refuses a model whose head would be drawn at random.
func trainedHead(r *model.Report) error {
	if r == nil || len(r.Initialised) == 0 {
		return nil
	}
	return fail(ExitData, fmt.Errorf("the model has no trained %s: its answers would be random", r.Initialised[0]), "train it first: ortrain train --help")
}

// rows opens a file for a finished model.
func (s *session) rows(ctx context.Context, file string, needLabels bool) (*feed.Feed, error) {
	d := &datasets{names: s.folder.config.Labels, cleaning: s.cleaning}
	c, err := d.evaluation(s.run, s.tok, "", file)
	if err != nil {
		return nil, err
	}
	c.Optional = !needLabels
	f, err := d.read(ctx, c)
	if errors.Is(err, source.ErrNoColumn) && !needLabels {
		c.Kind = sample.NoLabel // labels that begin late in the file are not needed
		f, err = d.read(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	s.closer = append(s.closer, f)
	if n := s.run.MaxEvalSamples; n > 0 {
		f = f.Limit(n)
	}
	return f, nil
}

func predictCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"test_file", "label_column", "output_dir"}, dataOptions, runtimeOptions)
	return command(e, "predict", "label the texts of a file", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		if err := must("test_file", run.TestFile, "output_dir", run.OutputDir); err != nil {
			return err
		}
		s, err := finished(ctx, e, run)
		if err != nil {
			return err
		}
		defer s.close()
		data, err := s.rows(ctx, run.TestFile, false)
		if err != nil {
			return err
		}
		p := newPredictions(s.folder.config.Labels, data)
		if _, err := ortrain.Evaluate(ctx, s.net, ortrain.InOrder(data), nil, p.add); err != nil {
			return err
		}
		if err := p.write(ctx, run.OutputDir); err != nil {
			return err
		}
		s.say("%s predictions in %s", thousands(int64(len(p.rows))), filepath.Join(run.OutputDir, predictionsFiles[0]))
		return nil
	}))
}

func exportCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"output_dir", "max_seq_length", "opset", "clean"}, runtimeOptions)
	return command(e, "export", "write a trained model or checkpoint as a serving folder", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		if err := must("output_dir", run.OutputDir); err != nil {
			return err
		}
		s, err := finished(ctx, e, run)
		if err != nil {
			return err
		}
		defer s.close()
		if err := writeExport(ctx, run.OutputDir, s.folder, s.net, s.run, nil); err != nil {
			return err
		}
		s.say("export in %s; prove it with: ortrain verify --model_name_or_path %s --test_file FILE", run.OutputDir, run.OutputDir)
		return nil
	}))
}

func verifyCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"test_file"}, dataOptions, runtimeOptions)
	c := command(e, "verify", "compare an export's graph with its weights on a file", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		if err := must("test_file", run.TestFile); err != nil {
			return err
		}
		s, err := finished(ctx, e, run)
		if err != nil {
			return err
		}
		defer s.close()
		data, err := s.rows(ctx, run.TestFile, false)
		if err != nil {
			return err
		}
		p, err := proveExport(ctx, s.ort, s.folder.path, s.run, s.net, ortrain.InOrder(data))
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "examples                 %d\nlargest logit difference %.3g\nmean logit difference    %.3g\nlabel flips              %d\n",
			p.Examples, p.LargestDifference, p.MeanDifference, p.LabelFlips)
		return p.Err()
	}))
	c.HideHelpCommand = true
	c.Subcommands = []*cli.Command{verifyResumeCommand(e)}
	return c
}
