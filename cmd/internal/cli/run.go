package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// recipeFile is the copy of the recipe in its output folder.
const recipeFile = "recipe.resolved.yaml"

func runCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "do all stages of a recipe: clean, split, train, evaluate, export and more", ArgsUsage: "RECIPE.yaml [KEY=VALUE…]",
		Description: "A recipe names data, a model and a section for each stage, with the stage's flags as keys; ortrain init\n" +
			"writes one. Each stage writes into a folder of its own. A stage whose inputs have not changed is not done\n" +
			"again, and a run that was killed goes on with the first unfinished stage. KEY=VALUE changes the recipe:\n" +
			"seed=7, train.learning_rate=1e-4.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output_dir", Aliases: aliases["output_dir"], Usage: "`FOLDER` for the stages (default: the recipe's)"},
			&cli.BoolFlag{Name: "quiet", Usage: usages["quiet"]},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() == 0 {
				return usage("which recipe? ortrain init writes one, ortrain run RECIPE.yaml does what it says")
			}
			f, err := openFlow(e, c.Args().First(), c.Args().Tail(), c.String("output_dir"), c.Bool("quiet"))
			if err != nil {
				return err
			}
			return f.run(c.Context)
		},
	}
}

// recipeFlow is a recipe with its jobs.
type recipeFlow struct {
	*flow.Flow
	stager *stager
	recipe *flow.Recipe
	watch  *watchdog
	relay  *relay
}

// openFlow reads a recipe and plans its stages.
func openFlow(e Env, path string, changes []string, output string, quiet bool) (*recipeFlow, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, usage("recipe: %s is a folder; name a recipe file, or go on with what the folder holds: ortrain resume %s", path, path)
	}
	text, err := readText("recipe", path)
	if err != nil {
		return nil, err
	}
	w := &watchdog{out: e.Stderr, now: e.Now, quiet: quiet}
	e.Stderr = w
	s := newStager(e)
	s.quiet = quiet
	schema := s.schema()
	if s.recipe, err = flow.ParseRecipe(path, text, schema); err != nil {
		return nil, err
	}
	s.environment(schema)
	for _, change := range changes {
		if err := s.recipe.Set(change, schema); err != nil {
			return nil, err
		}
	}
	from := path + ": output_dir"
	for _, dir := range []string{e.Getenv(variables + "OUTPUT_DIR"), output} {
		if dir != "" {
			s.recipe.OutputDir, from = dir, "--output_dir"
		}
	}
	if name, ok := s.recipe.Shared.Get("model_name_or_path"); ok && name != "" && !isFolder(name) && !hubName(name) {
		return nil, noModel(path+": model_name_or_path", name)
	}
	if s.recipe.OutputDir == "" {
		return nil, usage("%s names no output_dir; write one, or give --output_dir", path)
	}
	if s.dir = s.recipe.OutputDir; isFile(filepath.Join(s.dir, configFile)) {
		return nil, fail(ExitUsage, fmt.Errorf("%s holds a run of ortrain train", s.dir), "choose another output_dir")
	}
	if err := writable(from, s.dir, true); err != nil {
		return nil, err
	}
	w.dir = s.dir
	f := &recipeFlow{stager: s, recipe: s.recipe, watch: w}
	f.Flow, err = flow.New(s.table(), s.recipe, flow.Options{Dir: s.dir, Version: Version, Now: e.Now, Tell: f.tell})
	return f, err
}

// tell prints what happens to a stage.
func (f *recipeFlow) tell(ev flow.Event) {
	f.watch.begin(ev.Stage)
	f.relay.stage(ev.What == flow.Began || ev.What == flow.Resumed)
	if f.stager.quiet {
		return
	}
	switch ev.What {
	case flow.Began:
		fmt.Fprintf(f.watch, "== %d/%d %s\n", ev.Number, ev.Of, ev.Stage)
	case flow.Resumed:
		fmt.Fprintf(f.watch, "== %d/%d %s, going on\n", ev.Number, ev.Of, ev.Stage)
	case flow.Cached:
		fmt.Fprintf(f.watch, "== %d/%d %s: done before, its inputs have not changed\n", ev.Number, ev.Of, ev.Stage)
	}
}

// run does the stages and prints the table.
func (f *recipeFlow) run(ctx context.Context) error {
	text, err := f.recipe.YAML(f.stager.table().Names())
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(f.stager.dir, recipeFile), append([]byte("# What was run; ortrain resume "+f.stager.dir+" goes on with it.\n"), text...)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	f.relay = f.stager.startRelay(cancel)
	stopWatch := f.watch.start()
	f.watch.begin("inputs")
	lines, err := f.Run(ctx)
	stopWatch()
	interrupted := f.relay.stop()
	if err == nil && !interrupted {
		return f.table(lines)
	}
	if len(lines) > 0 && !f.stager.quiet {
		_ = f.table(lines) // the error that follows matters more
	}
	if err == nil && len(lines) == len(f.Jobs()) {
		return nil // it came too late
	}
	if interrupted {
		if err == nil {
			err = context.Canceled
		}
		return &Failure{Code: ExitInterrupted, Err: fmt.Errorf("interrupted: %w", plain(err)), Hint: "go on with: ortrain resume " + f.stager.dir}
	}
	code, hint := classify(err)
	return &Failure{Code: code, Hint: hint, Err: err}
}

// plain says where a recipe was interrupted, and what of the stage is kept; not
// in how many places that was noticed.
func plain(err error) error {
	var stage *flow.StageError
	switch found := errors.As(err, &stage); {
	case found && errors.Is(err, context.Canceled):
		return fmt.Errorf("stage %s", stage.Stage)
	case found:
		return fmt.Errorf("stage %s: %s", stage.Stage, strings.TrimPrefix(stage.Err.Error(), "interrupted: "))
	case errors.Is(err, context.Canceled):
		return errors.New("between two stages")
	}
	return err
}

// table prints a row for each stage.
func (f *recipeFlow) table(lines []flow.Line) error {
	w := tabwriter.NewWriter(f.stager.out(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "stage\trows\tscore\tseconds\tfiles")
	for _, l := range lines {
		rows, score, seconds := "-", "-", fmt.Sprintf("%.1f", l.Seconds)
		if l.Rows > 0 {
			rows = thousands(l.Rows)
		}
		if l.ScoreName != "" {
			score = fmt.Sprintf("%s %.4g", l.ScoreName, l.Score)
		}
		if l.Cached {
			seconds += " before"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d in %s\n", l.Stage, rows, score, seconds, len(l.Files), filepath.Join(f.stager.dir, l.Stage))
	}
	return w.Flush()
}

// out is where the table goes.
func (s *stager) out() io.Writer { return s.env.Stdout }
