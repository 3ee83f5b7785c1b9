package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/cmd/internal/guess"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func planCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "say what a recipe is going to take: rows, steps, memory, disk, time", ArgsUsage: "RECIPE.yaml [KEY=VALUE…]",
		Description: fmt.Sprintf("Nothing is run but %d training steps, whose weights are thrown away, to measure the time.", probeSteps),
		Flags:       []cli.Flag{&cli.StringFlag{Name: "output_dir", Aliases: aliases["output_dir"], Usage: "`FOLDER` for the stages (default: the recipe's)"}},
		Action: func(c *cli.Context) error {
			if c.Args().Len() == 0 {
				return usage("which recipe? ortrain init writes one, ortrain plan RECIPE.yaml says what it takes")
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			f, err := openFlow(e, c.Args().First(), c.Args().Tail(), c.String("output_dir"), true)
			if err != nil {
				return err
			}
			f.watch.quiet = false
			f.watch.begin("plan")
			defer f.watch.start()()
			return interrupted(ctx, f.plan(ctx), "nothing was written")
		},
	}
}

// probeSteps are run to measure the time of one; the first few, in which the
// runtime warms up, do not count.
const probeSteps, probeWarm = 20, 4

// plan prints the plan.
func (f *recipeFlow) plan(ctx context.Context) error {
	states, err := f.Look(ctx)
	if err != nil {
		return err
	}
	out := f.stager.out()
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "stage\tto do")
	done := make(map[string]bool)
	for _, s := range states {
		what := "run"
		switch done[s.Stage] = s.Done; {
		case s.Done:
			what = fmt.Sprintf("nothing: done before, in %.1f s", s.Record.Seconds)
		case s.Begun:
			what = "go on with what is there"
		}
		fmt.Fprintf(t, "%s\t%s\n", s.Stage, what)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if f.Job(nameTrain) == nil || done[nameTrain] {
		fmt.Fprintln(out, "\nthere is nothing to train")
		return nil
	}
	return f.planTraining(ctx, done)
}

// planTraining measures the training stage in a temporary folder.
func (f *recipeFlow) planTraining(ctx context.Context, done map[string]bool) (err error) {
	dir, err := os.MkdirTemp("", "ortrain-plan-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	run, raw, err := f.trainingRun(ctx, dir, done)
	if err != nil {
		return err
	}
	e := f.stager.env
	s, err := openSession(ctx, e, run)
	if err != nil {
		return err
	}
	defer s.close()
	p := &planned{session: s, raw: raw, dir: f.stager.dir, again: f.Job(namePlain) != nil && !done[namePlain]}
	if err := p.measure(ctx); err != nil {
		return err
	}
	return p.write(f.stager.out())
}

// trainingRun is the run of the training stage as it can be opened now: over the
// data that the stages before have made, or, if they have not yet, over those
// from outside.
func (f *recipeFlow) trainingRun(ctx context.Context, dir string, done map[string]bool) (run Run, raw bool, err error) {
	request := flow.Request{Recipe: f.recipe, Section: f.recipe.Sections[nameTrain], Before: make(map[string]*flow.Planned)}
	for _, name := range dataStages {
		if p := f.Job(name); p != nil {
			request.Before[name] = p
			raw = raw || !done[name]
		}
	}
	s := f.stager
	if raw {
		request.Before = nil
	}
	d, err := s.data(request)
	if err != nil {
		return run, raw, err
	}
	held := f.heldOut(d)
	_, headless := f.recipe.Data.Get(nameHeader)
	if raw && (headless || len(d.paths["train"]) > 1) {
		if d, err = f.cut(ctx, dir, d, max(held, 0.01)); err != nil {
			return run, raw, err
		}
		held = 0
	}
	args := s.settings(trainStage(), nameTrain, request).args
	for part, paths := range d.paths {
		if part != "test" { // it changes nothing that is planned
			args = append(args, "--"+part+"_file="+paths[0])
		}
	}
	var text bytes.Buffer
	if err := s.runTo(ctx, &text, slices.Concat([]string{nameTrain}, args, []string{"--output_dir=" + dir, "--dry_run"})...); err != nil {
		return run, raw, err
	}
	path := filepath.Join(dir, configFile)
	if err := writeFile(path, text.Bytes()); err != nil {
		return run, raw, err
	}
	run = DefaultRun()
	err = readConfig(path, &run)
	run.Quiet = true
	if raw && run.ValidationFile == "" && held > 0 {
		run.ValidationSplit = held
	}
	return run, raw, err
}

// heldOut is the share of the rows that the stage split is going to take away
// from training.
func (f *recipeFlow) heldOut(d dataset) float64 {
	section, ok := f.recipe.Sections["split"]
	if !ok || section.Skip {
		return 0
	}
	shares, _, err := splitShares(splitStage(), f.stager, flow.Request{Recipe: f.recipe, Section: section}, d)
	if err != nil {
		return 0
	}
	var held float64
	for _, text := range shares {
		var share float64
		_, _ = fmt.Sscan(text, &share) // splitShares has written it
		held += share
	}
	return held
}

// cut writes files that training cannot open as they are into a folder.
func (f *recipeFlow) cut(ctx context.Context, dir string, d dataset, held float64) (dataset, error) {
	s := f.stager
	k := splitStage()
	k.wired["validation_split"], k.wired["test_split"] = fromFlow, fromFlow
	args := s.settings(k, "split", flow.Request{Recipe: f.recipe, Section: f.recipe.Sections["split"]}).args
	line := slices.Concat([]string{"split"}, args, []string{fmt.Sprintf("--validation_split=%g", held), "--output_dir=" + filepath.Join(dir, "data")}, d.paths["train"])
	err := s.run(ctx, line...)
	out := dataset{paths: map[string][]string{"train": {filepath.Join(dir, "data", partFile("train"))}, "validation": {filepath.Join(dir, "data", partFile("validation"))}}}
	return out, err
}

// planned is what was measured of a training run.
type planned struct {
	*session
	raw bool
	dir string // of the recipe
	// again says that the stage plain trains once more.
	again bool

	plan                 ortrain.Plan
	epochTokens, padding float64
	steps                []time.Duration // of the steps tried
	step                 time.Duration
	evaluation           time.Duration // of one pass over the validation rows
	evaluations          int
	peak, need           int64
	took                 time.Duration
}

// measure reads data for a while and runs some steps.
func (p *planned) measure(ctx context.Context) (err error) {
	began := p.env.Now()
	if err := p.countTokens(ctx); err != nil {
		return err
	}
	c := p.run.Training
	parts := ortrain.Parts{Engine: p.net, Train: ortrain.Shuffled(p.data.train), Store: ortrain.NewRunStore(p.net, p.stores, p.run.OutputDir), Now: p.env.Now}
	if p.data.validation != nil {
		parts.Eval, parts.Scorer = ortrain.InOrder(p.data.validation), newScorer(len(p.data.names))
	}
	whole, err := ortrain.New(c, parts)
	if err != nil {
		return err
	}
	p.plan, p.need = whole.Plan(), p.space(whole.Plan())
	switch c.EvalStrategy {
	case ortrain.EachEpoch:
		p.evaluations = (p.plan.Steps + p.plan.StepsPerEpoch - 1) / p.plan.StepsPerEpoch
	case ortrain.EverySome:
		p.evaluations = p.plan.Steps / c.EvalSteps
	}
	if err := p.reserve(ctx); err != nil {
		return err
	}
	if err := p.probeTraining(ctx, parts); err != nil {
		return err
	}
	if p.data.validation != nil {
		p.evaluations++ // at the end
		if err := p.probeEvaluation(ctx); err != nil {
			return err
		}
	}
	p.peak, p.took = peakBytes(), p.env.Now().Sub(began)
	return nil
}

// countBatches bounds how much of an epoch is read to know its tokens.
const countBatches = 2000

func (p *planned) countTokens(ctx context.Context) (err error) {
	batches, err := p.data.train.Epoch(sample.Cursor{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, batches.Close()) }()
	var tokens, rectangle, rows float64
	for range countBatches {
		b, err := batches.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		tokens, rows = tokens+float64(b.Tokens()), rows+float64(b.Sequences())
		rectangle += float64(b.Sequences() * b.Longest())
	}
	p.epochTokens = tokens / max(rows, 1) * float64(p.data.train.Rows())
	p.padding = 1 - tokens/max(rectangle, 1)
	return nil
}

// probeTraining runs a few steps as the run would.
func (p *planned) probeTraining(ctx context.Context, parts ortrain.Parts) error {
	c := p.run.Training
	c.MaxSteps, c.SaveStrategy, c.EvalStrategy, c.LoadBestModelAtEnd, c.EarlyStoppingPatience = min(probeSteps, max(p.plan.Steps, 1)), ortrain.Never, ortrain.Never, false, 0
	parts.Store, parts.Observer = nil, p
	t, err := ortrain.New(c, parts)
	if err != nil {
		return err
	}
	if _, err := t.Run(ctx); err != nil {
		return err
	}
	steps := p.steps
	if len(steps) > probeWarm {
		steps = steps[probeWarm:]
	}
	var sum time.Duration
	for _, s := range steps {
		sum += s
	}
	p.step = sum / time.Duration(max(len(steps), 1))
	return nil
}

// evaluationRows are scored to measure the time of an evaluation.
const evaluationRows = 256

func (p *planned) probeEvaluation(ctx context.Context) error {
	began := p.env.Now()
	some := p.data.validation.Limit(evaluationRows)
	if _, err := ortrain.Evaluate(ctx, p.net, ortrain.InOrder(some), nil, nil); err != nil {
		return err
	}
	per := float64(p.env.Now().Sub(began)) / float64(max(some.Rows(), 1))
	p.evaluation = time.Duration(per * float64(p.data.validation.Rows()))
	return nil
}

// Step implements ortrain.Observer.
func (p *planned) Step(s ortrain.Step) { p.steps = append(p.steps, s.Total) }

// Begin implements ortrain.Observer.
func (p *planned) Begin(ortrain.Plan) {}

// Evaluated implements ortrain.Observer.
func (p *planned) Evaluated(ortrain.Evaluation) {}

// Saved implements ortrain.Observer.
func (p *planned) Saved(ortrain.Saved) {}

// End implements ortrain.Observer.
func (p *planned) End(ortrain.Result) {}

// write prints what was found.
func (p *planned) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	fmt.Fprintln(t)
	validation := 0
	if p.data.validation != nil {
		validation = p.data.validation.Rows()
	}
	row("rows", "%s to train on, %s held out or to validate on, %d labels", thousands(int64(p.data.train.Rows())), thousands(int64(validation)), len(p.data.names))
	if p.raw {
		row("", "counted before cleaning and augmentation, which change them")
	}
	epochs := float64(p.plan.Steps) / float64(max(p.plan.StepsPerEpoch, 1))
	row("steps", "%s of %d rows, %s an epoch", thousands(int64(p.plan.Steps)), p.run.TrainBatchSize*p.run.Training.GradientAccumulationSteps, thousands(int64(p.plan.StepsPerEpoch)))
	row("tokens", "%s an epoch, %s in all; %.1f a row", thousands(int64(p.epochTokens)), thousands(int64(p.epochTokens*epochs)), p.epochTokens/float64(max(p.data.train.Rows(), 1)))
	row("padding", "%.1f %% of attention's rectangle", 100*p.padding)
	p.memory(row)
	free := ""
	if n, ok, err := disk.Free(existingFolder(p.dir)); ok && err == nil {
		free = fmt.Sprintf(", of %s free", bytesText(n))
	}
	row("disk", "%s for checkpoints, artifacts and exports at the most%s", bytesText(p.need), free)
	training := time.Duration(p.plan.Steps) * p.step
	evaluating := time.Duration(p.evaluations) * p.evaluation
	row("time", "%s: %s steps of %s, %d evaluations of %s (from %d steps tried)", (training + evaluating).Round(time.Second),
		thousands(int64(p.plan.Steps)), p.step.Round(10*time.Microsecond), p.evaluations, p.evaluation.Round(time.Millisecond), len(p.steps))
	if p.again {
		row("", "and once more for the stage plain, less what augmentation and adversary cost")
	}
	row("plan", "made in %s", p.took.Round(100*time.Millisecond))
	return t.Flush()
}

// memory prints what training holds.
func (p *planned) memory(row func(string, string, ...any)) {
	c := p.folder.config
	weights := 4 * p.net.Parameters()
	var moments int64
	for _, m := range p.net.Optimizer().State().Moments {
		moments += 4 * int64(len(m.Data))
	}
	length := min(p.run.MaxSeqLength, int(c.MaxPositionEmbeddings))
	batch := p.run.TrainBatchSize
	if most := p.run.MaxTokens; most > 0 {
		batch = max(1, min(batch, most/length))
	}
	activations := guess.Activations(batch, length, int(c.HiddenSize), int(c.IntermediateSize), int(c.NumAttentionHeads), int(c.NumHiddenLayers))
	row("memory", "%s at the most: weights %s, gradients %s, moments %s, activations of the longest batch %s",
		bytesText(2*weights+moments+activations), bytesText(weights), bytesText(weights), bytesText(moments), bytesText(activations))
	row("", "measured while the steps were tried: %s of the whole process at its peak", bytesText(p.peak))
}

// existingFolder is the folder, or the nearest above it that is there.
func existingFolder(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "."
		}
		dir = up
	}
}
