package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/ablate"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// ablation is one ablation under way; it is the library's ablate.Trials.
type ablation struct {
	env     Env
	run     Run
	recipes []tried
	data    ablationSet
	plan    ablate.Plan

	// The plain classifier that judges copies, while it is open. A process has one
	// environment of the runtime, so it is closed for training.
	classifier *session
	judge      *judge
}

// identity says what the results depend on, beside settings and recipes.
func (a *ablation) identity() (string, error) {
	r := a.run
	r.TrainFile, r.ValidationFile, r.TestFile, r.OutputDir = "", "", "", ""
	r.Quiet, r.Threads, r.Workers, r.MemoryBudget, r.Library, r.PacksDir, r.Training.Seed = false, 0, 0, 0, "", "", 0
	text, err := yaml.Marshal(r)
	if err != nil {
		return "", err
	}
	files := []string{r.ModelNameOrPath, r.TokenizerName, r.Clean}
	if r.ConfigName != "" {
		files = append(files, filepath.Dir(r.ConfigName))
	}
	marks := Version + "\n" + string(text) + a.data.marks
	for _, path := range files {
		if _, err := os.Stat(path); path == "" || err != nil {
			continue // a name of the hub or of a preset
		}
		mark, err := fingerprint(path, true)
		if err != nil {
			return "", err
		}
		marks += mark
	}
	return marks, nil
}

// file is where the rows of a part are.
func (a *ablation) file(p ablate.Part) string {
	if p == ablate.Test {
		return a.data.test
	}
	return a.data.validation
}

// recipe finds a recipe by its name.
func (a *ablation) recipe(name string) tried {
	return a.recipes[slices.IndexFunc(a.recipes, func(r tried) bool { return r.name == name })]
}

// Trial implements ablate.Trials.
func (a *ablation) Trial(ctx context.Context, s ablate.Setting) (o ablate.Outcome, err error) {
	a.closeClassifier()
	work := filepath.Join(a.run.OutputDir, ablationWork)
	if err := errors.Join(os.RemoveAll(work), os.MkdirAll(work, 0o755)); err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	run := bare(a.run)
	if run.TrainFile, err = a.data.subset(ctx, s.Size, s.Seed, filepath.Join(work, partFile("train"))); err != nil {
		return o, err
	}
	run.ValidationFile, run.TestFile, run.OutputDir, run.Training.Seed = a.file(s.Part), "", filepath.Join(work, "run"), s.Seed
	if s.Recipe != ablate.Plain {
		run.Augment = a.recipe(s.Recipe).augment
	}
	session, err := openSession(ctx, silent(a.env), run)
	if err != nil {
		return o, err
	}
	defer session.close()
	out, err := session.fit(ctx, nil)
	if err != nil {
		return o, err
	}
	o.Steps, o.Seconds = out.result.Steps, out.result.Training.Seconds()
	if o.Right, err = session.marks(ctx); err != nil {
		return o, err
	}
	if s == a.judging() {
		err = a.keepClassifier(ctx, session)
	}
	return o, err
}

// marks says of each validation row whether it is classified rightly.
func (s *session) marks(ctx context.Context) (ablate.Marks, error) {
	p := newPredictions(s.folder.config.Labels, s.data.validation)
	if _, err := ortrain.Evaluate(ctx, s.net, ortrain.InOrder(s.data.validation), nil, p.add); err != nil {
		return nil, err
	}
	slices.SortFunc(p.rows, func(a, b prediction) int { return int(int64(a.Row) - int64(b.Row)) })
	marks := make(ablate.Marks, len(p.rows))
	for i, r := range p.rows {
		marks[i] = r.Label == r.Actual
	}
	return marks, nil
}

// judging is the setting whose classifier judges the copies: plain training on
// most rows, with the first seed.
func (a *ablation) judging() ablate.Setting {
	return ablate.Setting{Recipe: ablate.Plain, Size: slices.Max(a.plan.Sizes), Seed: a.plan.Seeds[0], Part: ablate.Validation}
}

// classifierMark is a file beside the classifier that says what it was trained
// on.
func (a *ablation) classifierMark() (path, text string) {
	return filepath.Join(a.run.OutputDir, ablationModel+".txt"), a.judging().String() + "\n" + a.plan.Identity
}

// keepClassifier exports the model of a trial, to judge copies with.
func (a *ablation) keepClassifier(ctx context.Context, s *session) error {
	dir := filepath.Join(a.run.OutputDir, ablationModel)
	path, text := a.classifierMark()
	if err := errors.Join(os.RemoveAll(path), os.RemoveAll(dir)); err != nil {
		return err
	}
	if err := writeExport(ctx, dir, s.folder, s.net, s.run, nil); err != nil {
		return err
	}
	return writeFile(path, []byte(text))
}

// openClassifier opens the kept model, and trains it anew if it is not there.
func (a *ablation) openClassifier(ctx context.Context) (err error) {
	if a.judge != nil {
		return nil
	}
	path, want := a.classifierMark()
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		if _, err := a.Trial(ctx, a.judging()); err != nil {
			return err
		}
	}
	run := bare(a.run)
	run.ModelNameOrPath, run.Revision, run.ConfigName, run.TokenizerName = filepath.Join(a.run.OutputDir, ablationModel), "", "", ""
	if a.classifier, err = finished(ctx, silent(a.env), run); err != nil {
		return err
	}
	a.judge, err = newJudge(a.classifier, a.classifier.net)
	return err
}

func (a *ablation) closeClassifier() {
	if a.classifier != nil {
		a.classifier.close()
	}
	a.classifier, a.judge = nil, nil
}

// close frees what is open and removes what only a run under way needs.
func (a *ablation) close() error {
	if a.run.OutputDir == "" {
		return nil
	}
	a.closeClassifier()
	return os.RemoveAll(filepath.Join(a.run.OutputDir, ablationWork))
}

// judgedRows is about how many validation rows copies are made of to be judged,
// spread over the file, which may be sorted by label.
const judgedRows = 500

// Preserve implements ablate.Trials.
func (a *ablation) Preserve(ctx context.Context, s ablate.Setting) (share ablate.Share, err error) {
	if err := a.openClassifier(ctx); err != nil {
		return share, err
	}
	policy := a.recipe(s.Recipe).policy
	policy.Original, policy.Audit = false, false
	runner, err := newRunner(policy, a.run.PacksDir, augment.Options{Seed: s.Seed, Outside: -1})
	if err != nil {
		return share, err
	}
	set, err := a.data.read(ctx, a.file(ablate.Validation))
	if err != nil {
		return share, err
	}
	classes, err := classesOf(set.Names(), a.classifier.folder.config.Labels, "the plain classifier")
	if err != nil {
		return share, err
	}
	every, at := max(1, a.data.validated/judgedRows), 0
	err = eachRecord(ctx, set.Rows(), func(b *record.Batch) error {
		var some []sample.Example
		for _, ex := range b.Examples() {
			if at%every == 0 {
				some = append(some, ex)
			}
			at++
		}
		return a.judgeCopies(ctx, runner, some, classes, &share)
	})
	return share, err
}

// judgeCopies counts over the copies of some rows. Rows that the classifier gets
// wrong say nothing about the copies.
func (a *ablation) judgeCopies(ctx context.Context, runner *augment.Runner, some []sample.Example, classes []int, share *ablate.Share) error {
	known, err := a.right(ctx, some, classes)
	if err != nil {
		return err
	}
	var originals []sample.Example
	for i, ex := range some {
		if known[i] {
			originals = append(originals, ex)
		}
	}
	if len(originals) == 0 {
		return nil
	}
	from, err := record.Of(new(record.Allocator), originals)
	if err != nil {
		return err
	}
	copies, err := runner.Rows(ctx, from) // which owns from
	if err != nil {
		return fmt.Errorf("copies: %w", err)
	}
	defer copies.Release()
	kept, err := a.right(ctx, copies.Examples(), classes)
	for _, yes := range kept {
		share.Of++
		if yes {
			share.Kept++
		}
	}
	return err
}

// right says of each row whether the classifier gives its label.
func (a *ablation) right(ctx context.Context, rows []sample.Example, classes []int) ([]bool, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	b, err := record.Of(new(record.Allocator), rows)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	logits, err := a.judge.outputs(ctx, b)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(rows))
	for i, ex := range rows {
		out[i] = ex.Label.Kind == sample.ClassLabel && ex.Label.Int[0] >= 0 && largest(logits[i]) == classes[ex.Label.Int[0]]
	}
	return out, nil
}
