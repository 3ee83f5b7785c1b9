package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// feedConfig returns what all data of a run share.
func feedConfig(run Run, tok *tokenize.Tokenizer, file string) feed.Config {
	c := feed.DefaultConfig()
	c.Files = []string{file}
	c.Columns = source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn, Label: run.LabelColumn}
	c.Tokenizer, c.MaxLength, c.Workers = tok, run.MaxSeqLength, run.Workers
	c.Truncation, c.MaxTokens = tokenize.Truncation(run.Truncation), run.MaxTokens
	c.ShuffleRows, c.CacheBytes = run.ShuffleWindow, int64(run.MemoryBudget)<<20
	c.BatchSize, c.GroupByLength, c.Seed = run.TrainBatchSize, run.GroupByLength, run.Training.Seed
	return c
}

// datasets are the parts of a run's data; each may be nil.
type datasets struct {
	train, validation, test *feed.Feed
	// carved says that validation was taken out of the training file.
	carved bool
	// unlabelled are rows to train on that were left out for want of a label.
	unlabelled int
	// beside are rows without a label in no part, whose text is held out.
	beside   int
	open     []io.Closer
	names    []string
	cleaning *cleaning
}

// Close closes all files.
func (d *datasets) Close() error {
	var first error
	for _, c := range d.open {
		if err := c.Close(); first == nil {
			first = err
		}
	}
	return first
}

// evaluates reports whether the run compares itself with validation data on the
// way.
func evaluates(run Run) bool {
	return run.DoEval || run.Training.EvalStrategy != ortrain.Never || run.Training.LoadBestModelAtEnd || run.Training.EarlyStoppingPatience > 0
}

// openTraining opens training, validation and test data. names are the model's
// labels, nil to take the data's. tolerant leaves rows without a label out though
// nobody has asked for that.
func openTraining(ctx context.Context, run Run, tok *tokenize.Tokenizer, names []string, cleaning *cleaning, tolerant bool) (_ *datasets, err error) {
	d := &datasets{names: names, cleaning: cleaning}
	defer func() {
		if err != nil {
			_ = d.Close()
		}
	}()
	c, err := trainingConfig(run, tok, names, cleaning, tolerant)
	if err != nil {
		return nil, err
	}
	if d.train, err = d.read(ctx, c); err != nil {
		return nil, missingLabel(err, run)
	}
	d.names = d.train.Names()
	switch {
	case run.ValidationFile != "":
		d.validation, err = d.readEvaluation(ctx, run, tok, "validation", run.ValidationFile)
	case c.HeldOut > 0:
		d.carved = true
		all := d.train.Rows()
		if d.train, d.validation, err = d.train.Split(); err == nil {
			d.beside = all - d.train.Rows() - d.validation.Rows()
		}
	}
	if err != nil {
		return nil, err
	}
	if run.TestFile != "" {
		if d.test, err = d.readEvaluation(ctx, run, tok, "test", run.TestFile); err != nil {
			return nil, err
		}
	}
	if d.train, err = limited(d.train, run); err != nil {
		return nil, err
	}
	if !run.Training.Adversary.Unlabelled() {
		all := d.train.Rows()
		d.train = d.train.Labelled()
		d.unlabelled = all - d.train.Rows()
	}
	if n := run.MaxEvalSamples; n > 0 && d.validation != nil {
		d.validation = d.validation.Limit(n)
	}
	return d, nil
}

// limited are the rows that --max_train_samples leaves. It counts those without
// a label too, so that every method is taught by the same rows.
func limited(all *feed.Feed, run Run) (*feed.Feed, error) {
	n := run.MaxTrainSamples
	if n <= 0 {
		return all, nil
	}
	out := all.Limit(n)
	before, sets := all.SetRows(), trainingSets(run)
	for i, left := range out.SetRows() {
		if left == 0 && before[i] > 0 {
			return nil, fail(ExitUsage, fmt.Errorf("--max_train_samples %d takes the first rows of all data sets together, and leaves none of %s", n, strings.Join(sets[i].Files, ", ")),
				"raise it, or name fewer data sets")
		}
	}
	if out.Labelled().Rows() == 0 {
		return nil, fail(ExitData, fmt.Errorf("none of the first %d rows has a label", n), "put labelled rows first, or raise --max_train_samples")
	}
	return out, nil
}

// trainingConfig says how the data to train on are read.
func trainingConfig(run Run, tok *tokenize.Tokenizer, names []string, cleaning *cleaning, tolerant bool) (c feed.Config, err error) {
	c = feedConfig(run, tok, run.TrainFile)
	if run.OutputDir != "" {
		c.IndexDir = filepath.Join(run.OutputDir, cacheDir)
	}
	c.Mix, c.Names, c.HeldOut = trainingSets(run), names, heldOut(run)
	c.MinusOne = run.Unlabeled
	c.Optional = run.Unlabeled || run.UnlabeledFile != "" || tolerant
	c.Taught = c.Optional
	if c.Clean, c.Edit, err = cleaning.stages("train", c.Workers, true); err != nil {
		return c, err
	}
	if c.CleanID, err = cleaning.identity(true); err != nil {
		return c, err
	}
	c.Augment, err = augmenting(run)
	return c, err
}

// trainingSets are the data sets of --train_file and --unlabeled_file; nil if
// there is one.
func trainingSets(run Run) []feed.Dataset {
	sets := mixed(run.TrainFile)
	if run.UnlabeledFile == "" {
		return sets
	}
	if sets == nil {
		sets = []feed.Dataset{{Files: []string{run.TrainFile}}}
	}
	more := mixed(run.UnlabeledFile)
	if more == nil {
		more = []feed.Dataset{{Files: []string{run.UnlabeledFile}}}
	}
	for _, d := range more {
		d.Unlabelled = true
		sets = append(sets, d)
	}
	return sets
}

// unlabelledMethods lists the methods that learn from rows without labels.
func unlabelledMethods() string {
	var list []string
	for _, name := range adversary.Names() {
		if (adversary.Config{Name: name}).Unlabelled() {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// checkUnlabelled refuses rows without labels for a method that cannot use them.
func checkUnlabelled(run Run) error {
	switch method := run.Training.Adversary.Name; {
	case run.UnlabeledFile == "" || run.Training.Adversary.Unlabelled():
		return nil
	case method == "":
		return usage("--unlabeled_file is of use only with an --adversary that learns from rows without labels: %s", unlabelledMethods())
	default:
		return usage("--unlabeled_file: --adversary %s does not learn from rows without labels; these do: %s", method, unlabelledMethods())
	}
}

// mixed reads FILE=WEIGHT,FILE=WEIGHT; nil if text is the name of one data set.
func mixed(text string) []feed.Dataset {
	var sets []feed.Dataset
	for _, item := range strings.Split(text, ",") {
		at := strings.LastIndex(item, "=")
		if at <= 0 {
			return nil
		}
		weight, err := strconv.ParseFloat(item[at+1:], 64)
		if err != nil {
			return nil
		}
		sets = append(sets, feed.Dataset{Files: []string{item[:at]}, Weight: weight})
	}
	return sets
}

// defaultSplit is the share of the training rows that is held out when an
// evaluation is asked for and no validation file is given.
const defaultSplit = 0.3

// heldOut is the share of the training rows to validate on, 0 for none.
func heldOut(run Run) float64 {
	switch {
	case run.ValidationFile != "" || run.ValidationSplit == 0 && !evaluates(run):
		return 0
	case run.ValidationSplit == 0:
		return defaultSplit
	}
	return run.ValidationSplit
}

func (d *datasets) read(ctx context.Context, c feed.Config) (*feed.Feed, error) {
	f, err := feed.Open(ctx, c)
	if err == nil {
		d.open = append(d.open, f)
	}
	return f, err
}

// withoutLabel reports whether an error is about a row without a label.
func withoutLabel(err error) bool {
	return errors.Is(err, source.ErrMissing) && strings.Contains(err.Error(), "no label")
}

// missingLabel adds a hint to the error about a training row without a label.
func missingLabel(err error, run Run) error {
	if run.Unlabeled || !withoutLabel(err) {
		return err
	}
	return fail(ExitData, err, "--unlabeled leaves such rows out; with --adversary "+strings.ReplaceAll(unlabelledMethods(), ", ", " or ")+" they teach too")
}

func (d *datasets) readEvaluation(ctx context.Context, run Run, tok *tokenize.Tokenizer, part, file string) (*feed.Feed, error) {
	c, err := d.evaluation(run, tok, part, file)
	if err != nil {
		return nil, err
	}
	f, err := d.read(ctx, c)
	if errors.Is(err, source.ErrNoColumn) {
		return nil, fail(ExitData, fmt.Errorf("--%s_file: %w", part, err), "the training data were read; give this file columns of the same names, with ortrain convert or by hand")
	}
	return f, err
}

// evaluation is the configuration of validation and test files: the training
// data's labels in the training data's order; texts are cleaned, but no row is
// dropped.
func (d *datasets) evaluation(run Run, tok *tokenize.Tokenizer, part, file string) (feed.Config, error) {
	c := feedConfig(run, tok, file)
	c.Names, c.BatchSize, c.Shuffle, c.GroupByLength = d.names, run.EvalBatchSize, false, true
	var err error
	if c.Clean, c.Edit, err = d.cleaning.stages(part, c.Workers, false); err != nil {
		return c, err
	}
	c.CleanID, err = d.cleaning.identity(false)
	return c, err
}

// newScorer turns logits into classification metrics.
func newScorer(classes int) func() ortrain.Scorer {
	return func() ortrain.Scorer { return ortrain.NewClassScorer(classes) }
}
