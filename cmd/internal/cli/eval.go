package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// The values of --on.
const (
	onTest = "test"
	onAll  = "all"
)

func evalCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"train_file", "validation_file", "test_file", "validation_split", "max_train_samples", "label_column", "output_dir"}, dataOptions, runtimeOptions)
	on := onTest
	given := func(string) bool { return false } // until the command line is read
	c := command(e, "eval", "evaluate a trained model on a labelled file, or a run on all of its data", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		run, err := ofRun(run, given)
		if err != nil {
			return err
		}
		switch on {
		case onTest:
			return evalTest(ctx, e, run)
		case onAll:
			return evalAll(ctx, e, run)
		}
		return usage("--on is %q; test or all is expected", on)
	}))
	action := c.Action
	c.Action = func(ctx *cli.Context) error {
		given = func(name string) bool { return isSet(ctx, name) || e.Getenv(variables+strings.ToUpper(name)) != "" }
		return action(ctx)
	}
	c.Description = "--model_name_or_path also takes the output folder of ortrain train, which says what its data were.\n" +
		"With --on all every row of the data is scored, those seen in training apart from the others: a figure\n" +
		"about rows that were trained on says what was learnt by heart. The unseen test rows stand first."
	c.Flags = append(c.Flags, &cli.StringFlag{Name: "on", Usage: "`ROWS` to score: test, or all that the run was given", Value: on, Destination: &on, Category: category("train_file")})
	return c
}

// ofRun takes what is not given from the configuration of a run, where the model
// is the output folder of one. given says which options are: their values may be
// the usual ones.
func ofRun(run Run, given func(option string) bool) (Run, error) {
	config := filepath.Join(run.ModelNameOrPath, configFile)
	if run.ModelNameOrPath == "" || !isFile(config) {
		return run, nil
	}
	was := DefaultRun()
	if err := readConfig(config, &was); err != nil {
		return run, err
	}
	if run.TestFile == "" && run.ValidationFile == "" && run.TrainFile == "" {
		run.TrainFile, run.ValidationFile, run.TestFile = was.TrainFile, was.ValidationFile, was.TestFile
		if !given("validation_split") {
			run.ValidationSplit = heldOut(was)
		}
		if !given("max_train_samples") {
			run.MaxTrainSamples = was.MaxTrainSamples
		}
		run.UnlabeledFile, run.Training.Adversary = was.UnlabeledFile, was.Training.Adversary
	}
	from := options(&was)
	for i, o := range options(&run) {
		if slices.Contains(taken, o.name) && !given(o.name) {
			o.value.Set(from[i].value)
		}
	}
	run.ModelNameOrPath = filepath.Join(run.ModelNameOrPath, exportDir)
	return run, nil
}

// taken are the options that an evaluation takes from the run that made the
// model, unless it has its own.
var taken = []string{"text_column", "text_pair_column", "label_column", "max_seq_length", "truncation", "clean"}

// evalTest scores one file.
func evalTest(ctx context.Context, e Env, run Run) error {
	file := run.TestFile
	if file == "" {
		file = run.ValidationFile
	}
	if err := must("test_file", file); err != nil {
		return err
	}
	s, err := finished(ctx, e, run)
	if err != nil {
		return err
	}
	defer s.close()
	data, err := s.rows(ctx, file, true)
	if err != nil {
		return err
	}
	p := newPredictions(s.folder.config.Labels, data)
	result, err := ortrain.Evaluate(ctx, s.net, ortrain.InOrder(data), newScorer(len(s.folder.config.Labels))(), p.add)
	if err != nil {
		return err
	}
	metrics := make(map[string]float64)
	for _, name := range slices.Sorted(maps.Keys(result.Metrics)) {
		metrics["eval_"+name] = result.Metrics[name]
		fmt.Fprintf(e.Stdout, "%-24s %.6f\n", "eval_"+name, result.Metrics[name])
	}
	fmt.Fprintf(e.Stdout, "%-24s %d\n", "eval_samples", result.Examples)
	if run.OutputDir == "" {
		return nil
	}
	metrics["eval_samples"] = float64(result.Examples)
	return errors.Join(p.write(ctx, run.OutputDir), writeJSON(filepath.Join(run.OutputDir, resultsFile), metrics))
}

// scored is a part of a run's data.
type scored struct {
	name string
	data *feed.Feed
	// seen says that the model was trained on these rows.
	seen   bool
	result ortrain.Evaluation
}

// evalAll scores all data of a run, part by part.
func evalAll(ctx context.Context, e Env, run Run) error {
	if err := must("train_file", run.TrainFile); err != nil {
		return fail(ExitUsage, err, "--on all is about the data of a run: give the output folder of ortrain train as --model_name_or_path, or all files")
	}
	run.MaxEvalSamples = 0
	s, err := finished(ctx, e, run)
	if err != nil {
		return err
	}
	defer s.close()
	parts, err := s.allParts(ctx)
	if err != nil {
		return err
	}
	classes := len(s.folder.config.Labels)
	all := &scored{name: onAll, result: ortrain.Evaluation{}}
	total, losses := newScorer(classes)(), 0.0
	for i := range parts {
		p := newPredictions(s.folder.config.Labels, parts[i].data)
		both := twoScorers{newScorer(classes)(), total}
		if parts[i].result, err = ortrain.Evaluate(ctx, s.net, ortrain.InOrder(parts[i].data), both, p.add); err != nil {
			return err
		}
		all.result.Examples += parts[i].result.Examples
		losses += parts[i].result.Metrics["loss"] * float64(parts[i].result.Examples)
		if run.OutputDir == "" {
			continue
		}
		dir := filepath.Join(run.OutputDir, parts[i].name)
		if i == 0 {
			dir = run.OutputDir // where those of a plain evaluation are
		}
		if err := p.write(ctx, dir); err != nil {
			return err
		}
	}
	all.result.Metrics = total.Metrics()
	all.result.Metrics["loss"] = losses / float64(max(all.result.Examples, 1))
	return s.tellAll(append(parts, *all))
}

// allParts are the data of a run: rows that it has not seen first.
func (s *session) allParts(ctx context.Context) ([]scored, error) {
	run := s.run
	run.OutputDir = "" // nothing is kept for a run to go on
	d, err := openTraining(ctx, run, s.tok, s.folder.config.Labels, s.cleaning, true)
	if err != nil {
		return nil, err
	}
	s.closer = append(s.closer, d)
	// All rows of the training file once more, with those that cleaning drops; a
	// prepared file has no such rows.
	c := feedConfig(s.run, s.tok, s.run.TrainFile)
	c.Mix, c.Names, c.Optional = trainingSets(run), d.names, true
	if c.Clean, c.Edit, err = s.cleaning.stages("all", c.Workers, false); err != nil {
		return nil, err
	}
	if c.CleanID, err = s.cleaning.identity(true); err != nil {
		return nil, err
	}
	rest, err := d.read(ctx, c)
	if err != nil {
		return nil, err
	}
	rest = rest.Labelled().Without(d.train)
	var out []scored
	if d.test != nil {
		out = append(out, scored{name: "test", data: d.test})
	}
	if d.validation != nil {
		out = append(out, scored{name: "validation", data: d.validation})
		if d.carved {
			rest = rest.Without(d.validation)
		}
	}
	if rest.Rows() > 0 {
		out = append(out, scored{name: "unused", data: rest})
	}
	return append(out, scored{name: "train", data: d.train.Labelled(), seen: true}), nil
}

// tellAll prints a row for each part and writes the results. The figure that
// counts, of the first part that training has not seen, is called as that of a
// plain evaluation is.
func (s *session) tellAll(parts []scored) error {
	results := make(map[string]float64)
	t := tabwriter.NewWriter(s.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "rows of\trows\taccuracy\tmacro F1\tloss\t")
	for i, p := range parts {
		m := p.result.Metrics
		fmt.Fprintf(t, "%s\t%s\t%.4f\t%.4f\t%.4f\t%s\n", p.name, thousands(int64(p.result.Examples)), m["accuracy"], m["f1_macro"], m["loss"], partNote(p.name))
		keys := []string{p.name + "_"}
		if i == 0 && !p.seen {
			keys = append(keys, "eval_")
		}
		for _, key := range keys {
			for name, v := range m {
				results[key+name] = v
			}
			results[key+"samples"] = float64(p.result.Examples)
		}
	}
	if err := t.Flush(); err != nil || s.run.OutputDir == "" {
		return err
	}
	return writeJSON(filepath.Join(s.run.OutputDir, resultsFile), results)
}

// evalParts are the parts of a run's data in the order in which they are shown.
var evalParts = []string{"test", "validation", "unused", "train", onAll}

// partNote says what the figure of a part is worth.
func partNote(part string) string {
	return map[string]string{
		"test": "unseen: the figure that counts", "validation": "not trained on, but looked at to choose",
		"unused": "left out of training", "train": "seen in training", onAll: "seen and unseen together: no measure of new texts",
	}[part]
}

// twoScorers takes every batch twice.
type twoScorers struct{ part, total ortrain.Scorer }

// Add implements ortrain.Scorer.
func (s twoScorers) Add(out ortrain.Outputs, b *sample.Batch) error {
	return errors.Join(s.part.Add(out, b), s.total.Add(out, b))
}

// Metrics implements ortrain.Scorer.
func (s twoScorers) Metrics() map[string]float64 { return s.part.Metrics() }
