package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/ablate"
)

// ablateOptions are those of ablate beside the ones of training.
type ablateOptions struct {
	recipes, sizes, language string
	seeds                    int
	alpha, testSplit         float64
}

func (o *ablateOptions) flags() []cli.Flag {
	const category = "ABLATION"
	return []cli.Flag{
		&cli.StringFlag{Name: "recipes", Usage: "what is tried: presets, operators and policy files, such as `eda,aeda,swap,mine.yaml`", Destination: &o.recipes, Category: category},
		&cli.StringFlag{Name: "sizes", Usage: "`NUMBERS` of training rows, such as 500,2000 (default: all)", Destination: &o.sizes, Category: category},
		&cli.IntFlag{Name: "seeds", Usage: "`NUMBER` of seeds to choose with, from --seed on; as many after them for the figures to report", Value: 5, Destination: &o.seeds, Category: category},
		&cli.Float64Flag{Name: "alpha", Usage: "largest `PROBABILITY` of keeping a recipe that does nothing", Value: ablate.DefaultPlan().Alpha, Destination: &o.alpha, Category: category},
		&cli.StringFlag{Name: "language", Usage: "`LANGUAGE` that single operators are used for", Value: "en", Destination: &o.language, Category: category},
		&cli.Float64Flag{Name: "test_split", Usage: "`SHARE` of the training rows to test on when there is no test file", Destination: &o.testSplit, Category: category},
	}
}

// ablatedOptions are the options of train that an ablation takes.
var ablatedOptions = names(modelOptions, []string{
	"config_name", "train_file", "validation_file", "test_file", "text_column", "text_pair_column", "label_column", "validation_split", "max_seq_length",
	"truncation", "clean", "packs_dir", "max_eval_samples", "output_dir", "per_device_train_batch_size", "per_device_eval_batch_size", "max_tokens_per_batch",
	"group_by_length", "dataloader_num_workers", "num_train_epochs", "max_steps", "gradient_accumulation_steps", "learning_rate", "weight_decay", "optim",
	"adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "lr_scheduler_type", "warmup_steps", "warmup_ratio", "seed",
}, runtimeOptions)

// The files of an ablation's folder.
const (
	ablationFile    = "ablation" // .json, .md and .svg
	ablationRuns    = "runs"
	ablationData    = "data"
	ablationWork    = "work"
	ablationRecipes = "recipes"
	ablationModel   = "baseline"
)

func ablateCommand(e Env) *cli.Command {
	o := &ablateOptions{}
	c := command(e, "ablate", "find out whether augmentation helps: train with and without, over seeds and sizes", "[CONFIG.yaml]", ablatedOptions,
		func(ctx context.Context, e Env, run Run) error {
			ctx, signals := e.interrupts(ctx)
			defer signals.close()
			return interrupted(ctx, runAblation(ctx, e, run, *o), "the same command goes on where it was")
		})
	c.Description = "Every recipe trains on the same rows, seeds and number of steps as plain training does. Recipes are kept\n" +
		"on validation rows, if the gain is more than chance of rows and of seeds after Holm's correction over all\n" +
		"that was tried. The best one is then trained once more with fresh seeds and measured on the test rows, which\n" +
		"nothing was chosen on: that is the figure to report. Single operators make 4 copies with their defaults."
	c.Flags = append(c.Flags, o.flags()...)
	return c
}

// check reports all options that are missing or do not go together.
func (o ablateOptions) check(run Run) error {
	err := errors.Join(must("train_file", run.TrainFile, "output_dir", run.OutputDir, "recipes", o.recipes), run.Training.Validate())
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			err = errors.Join(err, usage(format, args...))
		}
	}
	add(mixed(run.TrainFile) != nil, "--train_file %s mixes data sets; one of them is expected here", run.TrainFile)
	add(run.ValidationFile == "" && run.ValidationSplit == 0, "there are no validation rows to choose recipes on; give --validation_file, or a share of the training rows with --validation_split")
	add(run.TestFile == "" && o.testSplit == 0, "there are no test rows to measure the choice on; give --test_file, or a share of the training rows with --test_split")
	add(o.testSplit < 0 || o.testSplit >= 1, "--test_split is %g; a share of at least 0 and less than 1 is expected", o.testSplit)
	add(run.Unlabeled, "unlabeled is set, and rows without a label are not trained on here; leave them out of the file")
	add(run.Augment != "", "--augment is what is compared here: name it among --recipes")
	add(o.seeds < 2, "--seeds is %d; at least 2 are needed, since a gain is compared with the spread over seeds", o.seeds)
	add(!(o.alpha > 0 && o.alpha < 1), "--alpha is %g; it lies between 0 and 1", o.alpha)
	return err
}

// counts reads the sizes; rows are all that there are.
func (o ablateOptions) counts(rows int) ([]int, error) {
	if o.sizes == "" {
		return []int{rows}, nil
	}
	var out []int
	for _, text := range split(o.sizes) {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, usage("--sizes: %q is not a number of rows; sizes are written 500,2000", text)
		}
		if n > rows {
			return nil, usage("--sizes: %s rows are asked for, but there are %s to train on", thousands(int64(n)), thousands(int64(rows)))
		}
		out = append(out, n)
	}
	return out, nil
}

// runAblation does a whole ablation.
func runAblation(ctx context.Context, e Env, run Run, o ablateOptions) (err error) {
	if err := o.check(run); err != nil {
		return err
	}
	recipes, err := readRecipes(o.recipes, o.language, run)
	if err != nil {
		return err
	}
	a := &ablation{env: e, run: run, recipes: recipes}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.data.open(ctx, e, run, o.testSplit); err != nil {
		return err
	}
	a.plan, err = a.planned(o)
	if err == nil {
		err = a.plan.Validate()
	}
	if err == nil {
		err = writeTried(recipes, o.language)
	}
	if err != nil {
		return err
	}
	a.describe()
	result, err := ablate.Run(ctx, a.plan, a, ablate.Options{Store: ablate.Folder(filepath.Join(run.OutputDir, ablationRuns)), Done: a.tell})
	if err != nil {
		return err
	}
	return a.report(result)
}

// planned turns the options into the library's plan.
func (a *ablation) planned(o ablateOptions) (ablate.Plan, error) {
	p := ablate.DefaultPlan()
	p.Alpha = o.alpha
	p.Seeds, p.Fresh = ablate.Seeds(a.run.Training.Seed, o.seeds)
	var err error
	if p.Sizes, err = o.counts(a.data.rows); err != nil {
		return p, err
	}
	for _, r := range a.recipes {
		p.Recipes = append(p.Recipes, ablate.Recipe{Name: r.name, Identity: r.identity})
	}
	p.Identity, err = a.identity()
	return p, err
}

// describe says what is going to be done.
func (a *ablation) describe() {
	p := a.plan
	a.say("data: %s rows to train on, %s to choose on, %s to test on", thousands(int64(a.data.rows)), thousands(int64(a.data.validated)), thousands(int64(a.data.tested)))
	a.say("%d recipes and plain training, %d sizes, %d seeds to choose and %d to report", len(p.Recipes), len(p.Sizes), len(p.Seeds), len(p.Fresh))
}

// tell prints a line for every finished run.
func (a *ablation) tell(p ablate.Progress) {
	text := fmt.Sprintf("%d/%d  %v: accuracy %.4f in %.1f s", p.Number, p.Total, p.Setting, p.Accuracy, p.Seconds)
	if p.Judged {
		text = fmt.Sprintf("%d/%d  %s: %.1f %% of the copies keep their label", p.Number, p.Total, p.Setting.Recipe, 100*p.Accuracy)
	}
	if p.Stored {
		text += " (done before)"
	}
	a.say("%s", text)
}

// say prints a line unless the command is quiet.
func (a *ablation) say(format string, args ...any) {
	if !a.run.Quiet {
		fmt.Fprintf(a.env.Stderr, format+"\n", args...)
	}
}

// report writes the files and prints what is to be reported.
func (a *ablation) report(r *ablate.Result) error {
	svg, err := r.SVG()
	if err != nil {
		return err
	}
	path := filepath.Join(a.run.OutputDir, ablationFile)
	if err := errors.Join(writeJSON(path+".json", r), writeFile(path+".md", []byte(r.Markdown())), writeFile(path+".svg", []byte(svg))); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.env.Stdout, strings.Join(r.Summary(), "\n")); err != nil {
		return err
	}
	a.say("tables in %s.md and %s.json, a plot in %s.svg", path, path, path)
	return nil
}

// silent is the Env of a run within another one: it prints nothing, and its
// context alone ends it.
func silent(e Env) Env {
	e.Stdout, e.Stderr, e.Signals, e.Terminal = io.Discard, io.Discard, nil, false
	return e
}

// bare is a run without anything but training.
func bare(run Run) Run {
	c := &run.Training
	c.SaveStrategy, c.EvalStrategy, c.LoadBestModelAtEnd, c.EarlyStoppingPatience = ortrain.Never, ortrain.Never, false, 0
	run.DoTrain, run.DoEval, run.DoPredict, run.NoExport, run.DryRun = true, false, false, true, false
	run.OverwriteOutputDir, run.Resume, run.Quiet, run.LogFormat = true, "", true, "text"
	run.ValidationSplit, run.MaxTrainSamples = 0, 0
	return run
}
