package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ortrain/ortrain/cmd/internal/demo"
	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// What the demonstration must reach.
const (
	demoLowest, demoHighest = 0.85, 0.99
	demoMargin              = 0.05 // above naive Bayes
)

// contest is the demonstration's outcome: what the recipe's stages and a
// baseline made of the same rows.
type contest struct {
	dir         string
	train, test []demo.Row
	entries     []entry
	// rate is that of the training. Units: examples a second.
	rate    float64
	scratch bool
	took    time.Duration // of all stages
}

// entry is what one of them scored.
type entry struct {
	name         string
	accuracy, f1 float64
}

// verdict prints the figures beside the baseline's and checks them.
func verdict(ctx context.Context, e Env, dir string) error {
	c := &contest{dir: dir}
	if err := c.read(ctx); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fail(ExitData, fmt.Errorf("%s does not hold the stages of the demonstration: %w", dir, err), "run its recipe first: make demo")
		}
		return err
	}
	c.print(e)
	bayes, full := c.entries[0], c.entries[len(c.entries)-1]
	var faults []string
	if full.accuracy < demoLowest || full.accuracy > demoHighest {
		faults = append(faults, fmt.Sprintf("accuracy %.4f lies outside %.2f to %.2f", full.accuracy, demoLowest, demoHighest))
	}
	if full.accuracy < bayes.accuracy+demoMargin {
		faults = append(faults, fmt.Sprintf("accuracy %.4f is not %.2f above naive Bayes' %.4f", full.accuracy, demoMargin, bayes.accuracy))
	}
	if faults != nil {
		return fail(ExitGate, fmt.Errorf("the demonstration did not reach its mark: %s", strings.Join(faults, "; ")), "")
	}
	return nil
}

// read collects what the stages have left.
func (c *contest) read(ctx context.Context) (err error) {
	for part, to := range map[string]*[]demo.Row{"train": &c.train, "test": &c.test} {
		if *to, err = labelled(ctx, filepath.Join(c.dir, "split", partFile(part))); err != nil {
			return err
		}
	}
	bayes := demo.TrainBayes(c.train)
	confusion, err := demo.Score(c.test, func(r demo.Row) string { return bayes.Predict(r.Text) })
	if err != nil {
		return err
	}
	c.entries = []entry{{"naive Bayes, bag of words", confusion.Accuracy(), confusion.MacroF1()}}
	for _, s := range []struct {
		name, path string
		optional   bool
	}{
		{probeName, filepath.Join(nameProbe, resultsFile), true},
		{plainName, filepath.Join(namePlain, evalDir, resultsFile), true},
		{fullName, filepath.Join(nameTrain, evalDir, resultsFile), false},
	} {
		var results map[string]float64
		err := readJSON(filepath.Join(c.dir, s.path), &results)
		if s.optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c.entries = append(c.entries, entry{s.name, results["predict_accuracy"], results["predict_f1_macro"]})
		c.rate = results["train_samples_per_second"]
	}
	run := DefaultRun()
	if err := readConfig(filepath.Join(c.dir, nameTrain, configFile), &run); err != nil {
		return err
	}
	c.scratch = run.ModelNameOrPath == ""
	return c.addUp()
}

// addUp sums the time of the stages.
func (c *contest) addUp() error {
	for _, k := range stageKinds() {
		r, _, err := flow.ReadRecord(disk.OS(), filepath.Join(c.dir, k.name))
		if err != nil {
			return err
		}
		c.took += time.Duration(r.Seconds * float64(time.Second))
	}
	return nil
}

// print shows the figures and where everything lies.
func (c *contest) print(e Env) {
	if c.scratch {
		fmt.Fprintln(e.Stdout, "\nWITHOUT PRETRAINED WEIGHTS: a small BERT, from scratch")
	}
	fmt.Fprintf(e.Stdout, "\n%d intents, %s texts to train on, %s to test on\n\n", len(demo.Labels()), thousands(int64(len(c.train))), thousands(int64(len(c.test))))
	fmt.Fprintf(e.Stdout, "%-28s %9s %9s\n", "", "accuracy", "macro F1")
	for _, x := range c.entries {
		fmt.Fprintf(e.Stdout, "%-28s %9.4f %9.4f\n", x.name, x.accuracy, x.f1)
	}
	fmt.Fprintf(e.Stdout, "\n%.1f examples/s in training, %s for all stages\n", c.rate, c.took.Round(time.Second))
	for _, line := range [][2]string{
		{demoData, "what was generated"}, {nameTrain, "the run: checkpoints, log, figures of the test rows"},
		{filepath.Join("report", reportFile), "what it brought, as a page"}, {exportDir, "the model for serving, proven"},
	} {
		fmt.Fprintf(e.Stdout, "  %-28s %s\n", filepath.Join(c.dir, line[0]), line[1])
	}
}

// labelled reads texts with their labels.
func labelled(ctx context.Context, path string) ([]demo.Row, error) {
	set, err := source.Open(ctx, []string{path}, source.Options{Kind: sample.ClassLabel})
	if err != nil {
		return nil, err
	}
	var out []demo.Row
	err = eachExample(ctx, set, func(ex sample.Example) error {
		label := set.Names()[ex.Label.Int[0]]
		if !slices.Contains(demo.Labels(), label) {
			return fail(ExitData, fmt.Errorf("%s has the label %q, which is none of the demonstration's", path, label), "")
		}
		out = append(out, demo.Row{Text: strings.Clone(ex.Text), Label: label})
		return nil
	})
	return out, err
}
