package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/pipeline/random"
)

// errNotResumed is the verdict that a resumed run ends elsewhere.
var errNotResumed = errors.New("a resumed run differs from an uninterrupted one")

// trial is an experiment with somebody's own training configuration: some steps
// straight, and the same steps killed on the way and resumed.
type trial struct {
	env   Env
	run   Run
	dir   string
	steps int
	draw  *random.Stream
	// step is about how long one takes, with its share of the start.
	step time.Duration
}

// trialOptions are the options of a trial beside those of its run.
var trialOptions = []string{"steps", "kills"}

func verifyResumeCommand(e Env) *cli.Command {
	steps, kills := 20, 1
	c := command(e, "resume", "run a training configuration straight, and killed and resumed, and compare weights and moments", "[CONFIG.yaml]", nil,
		interruptible(func(ctx context.Context, e Env, run Run) error { return verifyResume(ctx, e, run, steps, kills) }))
	c.Flags = append(c.Flags,
		&cli.IntFlag{Name: trialOptions[0], Usage: "optimizer `STEPS` of each run", Value: steps, Destination: &steps, Category: "TRIAL"},
		&cli.IntFlag{Name: trialOptions[1], Usage: "how many `TIMES` to kill and resume, each time at another point", Value: kills, Destination: &kills, Category: "TRIAL"})
	c.OnUsageError = onUsageError
	return c
}

func verifyResume(ctx context.Context, e Env, run Run, steps, kills int) (err error) {
	if err := errors.Join(must("train_file", run.TrainFile), checkUnlabelled(run), run.Training.Validate()); err != nil {
		return err
	}
	if steps < 2 || kills < 1 || e.Command == nil {
		return usage("--steps is %d and --kills %d; at least 2 and 1 are needed, and a system that can start this program again", steps, kills)
	}
	dir := run.OutputDir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "ortrain-resume-*"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	t := &trial{env: e, run: run, dir: dir, steps: steps, draw: random.New(uint64(e.Now().UnixNano()), random.Generate, 0, 0, 0)}
	began := e.Now()
	if err := t.configure("straight"); err != nil {
		return err
	}
	if err := t.finish(ctx, "straight"); err != nil {
		return err
	}
	t.step = e.Now().Sub(began) / time.Duration(steps)
	fmt.Fprintf(e.Stdout, "straight: %d steps in %s\n", steps, e.Now().Sub(began).Round(time.Millisecond))
	for k := range kills {
		if err := t.kill(ctx, k+1); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.Stdout, "verdict: %d of %d resumed runs end with the bytes of the straight one\n", kills, kills)
	return nil
}

// configure writes the configuration of one run: the user's own, but for what
// does not belong to the training itself.
func (t *trial) configure(name string) error {
	r := t.run
	held := heldOut(r)
	r.ValidationFile, r.ValidationSplit, r.TestFile, r.DoPredict, r.DoEval, r.MaxEvalSamples = "", held, "", false, false, 1
	r.OutputDir, r.OverwriteOutputDir, r.Resume, r.NoExport, r.DryRun = filepath.Join(t.dir, name), false, "", true, false
	r.LogFormat, r.Quiet = "json", true
	c := &r.Training
	c.MaxSteps, c.LoggingSteps, c.SaveStrategy, c.SaveSteps, c.SaveTotalLimit = t.steps, 1, ortrain.EverySome, max(1, t.steps/6), 0
	c.EvalStrategy, c.LoadBestModelAtEnd, c.EarlyStoppingPatience = ortrain.Never, false, 0
	text, err := resolved(r)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(r.OutputDir); err != nil {
		return err
	}
	return writeFile(t.config(name), text)
}

func (t *trial) config(name string) string { return filepath.Join(t.dir, name+".yaml") }

// command is a run in a process of its own, and what it says.
func (t *trial) command(ctx context.Context, name string) (*exec.Cmd, *bytes.Buffer) {
	said := new(bytes.Buffer)
	c := t.env.Command(ctx, "train", t.config(name), "--resume_from_checkpoint", "auto")
	c.Stdout, c.Stderr = io.Discard, said
	return c, said
}

// finish runs to the end.
func (t *trial) finish(ctx context.Context, name string) error {
	c, said := t.command(ctx, name)
	err := c.Run()
	if err == nil {
		return nil
	}
	code := ExitFailure
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() > 0 {
		code = exit.ExitCode()
	}
	if ctx.Err() != nil {
		code = ExitInterrupted
	}
	return fail(code, fmt.Errorf("the %s run failed: %w: %s", name, err, strings.TrimSpace(said.String())), "")
}

// kill runs once with a kill at a random point, and compares.
func (t *trial) kill(ctx context.Context, number int) error {
	const name = "killed"
	if err := t.configure(name); err != nil {
		return err
	}
	after, delay := t.draw.IntN(t.steps), time.Duration(t.draw.Float64()*float64(t.step))
	reached, err := t.interrupt(ctx, name, after, delay)
	if err != nil {
		return err
	}
	steps, err := checkpoint.Steps(nil, filepath.Join(t.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	from := "the beginning"
	if len(steps) > 0 {
		from = checkpoint.Name(steps[len(steps)-1])
	}
	if err := t.finish(ctx, name); err != nil {
		return err
	}
	weights, moments, err := t.compare(ctx, name)
	if err != nil {
		return fail(ExitGate, fmt.Errorf("kill %d after step %d, resumed from %s: %w", number, reached, from, err), "please report this with the configuration: ortrain promises the same bytes")
	}
	fmt.Fprintf(t.env.Stdout, "kill %d: after step %d, resumed from %s: the same bytes in %d weights and %d moments\n", number, reached, from, weights, moments)
	return nil
}

// interrupt starts a run and kills it a while after a step; it returns the last
// step that was logged.
func (t *trial) interrupt(ctx context.Context, name string, after int, delay time.Duration) (int, error) {
	c, said := t.command(ctx, name)
	if err := c.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	log := filepath.Join(t.dir, name, logFile)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for logged(log) < after {
		select {
		case err := <-ended:
			if err != nil {
				return 0, fail(ExitFailure, fmt.Errorf("the run to be killed failed: %w: %s", err, strings.TrimSpace(said.String())), "")
			}
			return logged(log), nil // it was faster
		case <-look.C:
		}
	}
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-ended:
		return logged(log), nil
	case <-wait.C:
	}
	_ = c.Process.Kill() // it may have ended by itself
	<-ended
	return logged(log), nil
}

// logged is how many steps a log tells of.
func logged(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte(`"grad_norm"`))
}

// compare holds the last checkpoint of a run against that of the straight one.
func (t *trial) compare(ctx context.Context, name string) (weights, moments int, err error) {
	var found [2]map[string][]byte
	var cursors [2]checkpoint.Cursor
	for i, run := range []string{"straight", name} {
		c, err := checkpoint.Load(ctx, nil, filepath.Join(t.dir, run, checkpoint.Name(int64(t.steps))))
		if err != nil {
			return 0, 0, err
		}
		if cursors[i], err = c.Cursor(); err != nil {
			return 0, 0, err
		}
		if found[i], weights, moments, err = numbers(c.Path(artifact.CheckpointFile)); err != nil {
			return 0, 0, err
		}
	}
	var differ []string
	for tensor, want := range found[0] {
		if !bytes.Equal(want, found[1][tensor]) {
			differ = append(differ, tensor)
		}
	}
	if cursors[0] != cursors[1] {
		differ = append(differ, fmt.Sprintf("position %+v instead of %+v", cursors[1].Data, cursors[0].Data))
	}
	if len(differ) == 0 && len(found[0]) == len(found[1]) {
		return weights, moments, nil
	}
	slices.Sort(differ)
	return 0, 0, fmt.Errorf("%d of %d tensors differ, such as %s: %w", len(differ), len(found[0]), strings.Join(differ[:min(3, len(differ))], ", "), errNotResumed)
}

// numbers reads the tensors of a training checkpoint.
func numbers(path string) (all map[string][]byte, weights, moments int, err error) {
	c, err := odtc.Open(path)
	if err != nil {
		return nil, 0, 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	all = make(map[string][]byte)
	take := func(name string, d odtc.Data) {
		text := make([]byte, d.Size())
		if _, rerr := d.ReadAt(text, 0); rerr != nil && !errors.Is(rerr, io.EOF) {
			err = errors.Join(err, rerr)
		}
		all[name] = text
	}
	for _, t := range slices.Concat(c.Trainable, c.Frozen) {
		take(t.Name, t.Data)
		weights++
	}
	for _, g := range c.Groups {
		for _, p := range g.States {
			for _, m := range p.Moments {
				take(m.Name+" of "+p.Parameter, m.Data)
				moments++
			}
		}
	}
	return all, weights, moments, err
}
