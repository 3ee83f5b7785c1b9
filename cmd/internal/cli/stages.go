package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// stageKind is a stage of recipes as this package knows it: the command of its
// name, what the recipe sets of it, and how its job is made.
type stageKind struct {
	name string
	// command is the command that the stage runs; empty for that of its name.
	command string
	needs   []string
	resumes bool
	// follows says which options it takes over from the section of train, beside
	// those that every stage with a model does; nil for no others.
	follows func(option string) bool
	// wired are the options that the recipe sets by itself, and from what.
	wired map[string]string
	// plan is nil for a stage that is not built yet.
	plan func(k stageKind, s *stager, r flow.Request) (flow.Job, error)
}

// stageKinds are the stages in order. It is a function because stages run
// commands, and commands run stages.
func stageKinds() []stageKind {
	return []stageKind{
		cleanStage(), scrubStage(), splitStage(), probeStage(), augmentStage(), pretrainStage(), trainStage(), plainStage(),
		evalStage(), attackStage(), reportStage(), exportStage(),
	}
}

// Names of stages that others refer to.
const (
	nameAugment = "augment"
	nameTrain   = "train"
	nameProbe   = "probe"
	namePlain   = "plain"
)

// nameHeader is the key of data that says how the columns of files without a
// header row are called. Only the first stage that reads these files wants it.
const nameHeader = "column_names"

// What the recipe sets of the commands.
const (
	fromData   = "data"
	fromBefore = "the stages before"
	fromFlow   = "the output folder of the recipe"
)

// stager makes jobs of stages.
type stager struct {
	env      Env // of the recipe's command
	dir      string
	quiet    bool
	commands map[string]*cli.Command
	recipe   *flow.Recipe
}

func newStager(e Env) *stager {
	s := &stager{env: e, commands: make(map[string]*cli.Command)}
	for _, c := range newApp(e).Commands {
		s.commands[c.Name] = c
	}
	return s
}

// commandName is the name of the command of a stage.
func (k stageKind) commandName() string { return cmp.Or(k.command, k.name) }

// commandOf is the command of a stage, nil if this version has none.
func (s *stager) commandOf(k stageKind) *cli.Command {
	return s.commands[k.commandName()]
}

// table is the stages for the engine.
func (s *stager) table() flow.Table {
	var stages []flow.Stage
	for _, k := range stageKinds() {
		stage := flow.Stage{Name: k.name, Needs: k.needs, Resumes: k.resumes}
		if c := s.commandOf(k); c != nil && k.plan != nil {
			stage.Doc = c.Usage
			stage.Plan = func(r flow.Request) (flow.Job, error) { return k.plan(k, s, r) }
		}
		stages = append(stages, stage)
	}
	return flow.NewTable(stages...)
}

// Keys of recipes beside the stages and the recipe's own.
var (
	sharedKeys = []string{"task", "model_name_or_path", "revision", "config_name", "tokenizer_name", "max_seq_length", "seed", "provider", "threads", "onnxruntime"}
	dataKeys   = []string{"file", "train_file", "validation_file", "test_file", "text_column", "text_pair_column", "label_column", "tokens_column", "tags_column", "span_columns", "label_type", nameHeader}
)

// schema is what a recipe may say.
func (s *stager) schema() flow.Schema {
	out := flow.Schema{Shared: sharedKeys, Data: dataKeys, Nearest: nearest}
	for _, k := range stageKinds() {
		keys := flow.StageKeys{Name: k.name, Wired: k.wired}
		if c := s.commandOf(k); c != nil && k.plan != nil {
			keys.Built = true
			for _, f := range c.Flags {
				name := f.Names()[0]
				if _, wired := k.wired[name]; !wired && name != "help" && !slices.Contains(dataKeys, name) {
					keys.Options = append(keys.Options, name)
				}
			}
		}
		out.Stages = append(out.Stages, keys)
	}
	return out
}

// neutral options change no byte of what a stage makes, so they do not count
// among its inputs.
var neutral = []string{"quiet", "log_format", "dataloader_num_workers", "memory_budget", "save_in_background", "gpu_mem_limit"}

// inherited are the options that stages which use a model take over from the
// stage that trained it.
var inherited = []string{"max_seq_length", "truncation", "provider", "device_id", "threads", "onnxruntime"}

// takesOver says whether a stage has the value of an option that the section of
// train has, unless its own has one.
func (k stageKind) takesOver(option string) bool {
	return k.name != nameTrain && (slices.Contains(inherited, option) || k.follows != nil && k.follows(option))
}

// settings are a command's options as the recipe has them.
type settings struct {
	args  []string
	lines []string
	reads []flow.Read
}

// settings gathers the options of a command that a recipe does not set by
// itself: the section over what is said for all stages.
func (s *stager) settings(k stageKind, command string, r flow.Request) settings {
	var out settings
	for _, f := range s.commands[command].Flags {
		name := f.Names()[0]
		if _, wired := k.wired[name]; wired {
			continue
		}
		values, ok := s.value(k, r, name)
		if !ok {
			continue
		}
		if _, repeated := f.(*cli.StringSliceFlag); !repeated {
			values = []string{strings.Join(values, ",")}
		}
		for _, v := range values {
			out.args = append(out.args, "--"+name+"="+v)
			if !slices.Contains(neutral, name) {
				out.lines = append(out.lines, name+"="+v)
			}
			if namesFiles(f) {
				out.reads = append(out.reads, existing(name, v)...)
			}
		}
	}
	if s.quiet && s.isOption(command, "quiet") {
		out.args = append(out.args, "--quiet")
	}
	if _, said := r.Section.Settings.Get(unlabeledOption); !said && k.name != nameTrain && s.isOption(command, unlabeledOption) && s.trainsUnlabelled(r) {
		out.args, out.lines = append(out.args, "--"+unlabeledOption), append(out.lines, unlabeledOption+"=true")
	}
	return out
}

// unlabeledOption is the option that lets rows without a label in.
const unlabeledOption = "unlabeled"

// trainsUnlabelled says whether the stage train lets rows without a label in:
// then the others must take the same rows for such.
func (s *stager) trainsUnlabelled(r flow.Request) bool {
	train := r
	train.Section = r.Recipe.Sections[nameTrain]
	values, _ := s.value(trainStage(), train, unlabeledOption)
	asked, _ := strconv.ParseBool(strings.ToLower(strings.Join(values, ""))) // the stage itself says what is wrong
	return asked
}

// value finds the value of an option.
func (s *stager) value(k stageKind, r flow.Request, name string) ([]string, bool) {
	from := []flow.Settings{r.Section.Settings}
	if k.takesOver(name) {
		from = append(from, r.Recipe.Sections[nameTrain].Settings)
	}
	if name != "task" || k.name == nameTrain { // augment knows other tasks
		from = append(from, r.Recipe.Shared)
	}
	read := slices.ContainsFunc(dataStages, func(stage string) bool { return r.Before[stage] != nil })
	if !(name == nameHeader && read) && !slices.Contains([]string{"train_file", "validation_file", "test_file"}, name) {
		from = append(from, r.Recipe.Data)
	}
	for _, list := range from {
		for _, x := range list {
			if x.Key == name {
				return x.Values, true
			}
		}
	}
	return nil, false
}

// namesFiles says whether the values of an option are paths, by its help text.
func namesFiles(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && (strings.Contains(d.GetUsage(), "`FILE") || strings.Contains(d.GetUsage(), "`FOLDER"))
}

// existing are the files among the values of an option. A model's configuration
// counts with the folder that it lies in, where its tokenizer is.
func existing(name, value string) []flow.Read {
	var out []flow.Read
	for i, path := range split(value) {
		if _, err := os.Stat(path); err == nil {
			if name == "config_name" {
				path = filepath.Dir(path)
			}
			out = append(out, flow.Read{As: fmt.Sprintf("%s %d", name, i+1), Path: path})
		}
	}
	return out
}

// secret is the hash of an environment variable, so that a change of it counts.
func (s *stager) secret(name string) string {
	sum := sha256.Sum256([]byte(s.env.Getenv(name)))
	return name + " " + hex.EncodeToString(sum[:])
}

// run runs a command in this process, with what it prints on standard error.
func (s *stager) run(ctx context.Context, args ...string) error {
	out := s.env.Stderr
	if s.quiet {
		out = io.Discard
	}
	return s.runTo(ctx, out, args...)
}

// runTo is run with a place for what the command prints on standard output.
func (s *stager) runTo(ctx context.Context, out io.Writer, args ...string) error {
	e := s.env
	e.Stdout = out
	e.Getenv = func(name string) string {
		if option, ours := strings.CutPrefix(name, variables); ours && s.isOption(args[0], strings.ToLower(option)) {
			return "" // it is among the arguments
		}
		return s.env.Getenv(name)
	}
	app := newApp(e)
	return app.RunContext(ctx, arguments(slices.Concat([]string{"ortrain"}, args), app.Commands))
}

func (s *stager) isOption(command, name string) bool {
	return slices.ContainsFunc(s.commands[command].Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
}

// environment takes the options in environment variables into the recipe.
func (s *stager) environment(schema flow.Schema) {
	names := slices.Concat(schema.Shared, schema.Data)
	for _, k := range schema.Stages {
		names = append(names, k.Options...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if text := s.env.Getenv(variables + strings.ToUpper(name)); text != "" {
			s.recipe.Override(name, text, schema)
		}
	}
}
