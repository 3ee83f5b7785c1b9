package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/neighbour"
	"github.com/ortrain/ortrain/augment/pack"
	"github.com/ortrain/ortrain/cmd/internal/flow"
	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/ablate"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/ortrain/artifact"
	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/checkpoint"
	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/model/hub"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// Version is the version of the program.
const Version = "0.1.0"

// kinds maps the library's errors to exit codes and hints, most telling first.
var kinds = []kind{
	{[]error{ort.ErrNoLibrary, ort.ErrVersion}, ExitEnvironment, "run `make deps`, or `ortrain doctor` to see where it was looked for"},
	{[]error{ort.ErrProvider}, ExitEnvironment, "use --provider cpu, or install what is missing; `ortrain doctor` shows what is there"},
	{[]error{source.ErrEmpty, source.ErrFormat, source.ErrNoColumn, source.ErrType, source.ErrMissing, source.ErrUTF8, source.ErrUnknownLabel, source.ErrTooLarge, source.ErrFewClasses, source.ErrVersion, feed.ErrChanged, sink.ErrRows}, ExitData, ""},
	{[]error{sink.ErrFormat, flow.ErrRecipe}, ExitUsage, ""},
	{[]error{feed.ErrPrepared}, ExitUsage, "prepare the data anew with the options of the run: ortrain prepare"},
	{[]error{ortrain.ErrConfig, adversary.ErrConfig, feed.ErrConfig, feed.ErrSplit, clean.ErrRecipe}, ExitUsage, "ortrain train --help lists every option"},
	{[]error{pii.ErrConfig, pii.ErrPattern, pii.ErrNames}, ExitUsage, "ortrain scrub --help lists every option, ortrain list recognisers what is found"},
	{[]error{ablate.ErrPlan}, ExitUsage, "ortrain ablate --help lists every option"},
	{[]error{ablate.ErrStored}, ExitData, ""},
	{[]error{augment.ErrPack}, ExitEnvironment, "ortrain data list shows all packs"},
	{[]error{pack.ErrClient, pack.ErrHash, pack.ErrFile}, ExitEnvironment, "ortrain data install NAME --from FOLDER takes the files from a folder"},
	{[]error{augment.ErrPolicy, augment.ErrHarm, pack.ErrUnknown}, ExitUsage, "ortrain list augmenters shows presets, operators and parameters"},
	{[]error{augment.ErrResource, augment.ErrTooLong, augment.ErrAudit, neighbour.ErrInput}, ExitData, ""},
	{[]error{tokenize.ErrFile, tokenize.ErrUTF8, tokenize.ErrEncode, metric.ErrMetric}, ExitData, ""},
	{[]error{model.ErrConfig, model.ErrWeights, task.ErrTask, onnx.ErrInvalid, artifact.ErrFormat, odtc.ErrFormat}, ExitData, ""},
	{[]error{safetensors.ErrHeader, safetensors.ErrDuplicate, safetensors.ErrDType, safetensors.ErrSize, safetensors.ErrRange, safetensors.ErrOverlap, safetensors.ErrGap, safetensors.ErrIndex, safetensors.ErrNotFound}, ExitData, ""},
	{[]error{checkpoint.ErrCorrupt, checkpoint.ErrNone, checkpoint.ErrVersion, feed.ErrCursor}, ExitData, "--resume_from_checkpoint auto takes the newest checkpoint that is whole"},
	{[]error{hub.ErrOffline, hub.ErrNotFound, hub.ErrUnauthorized, hub.ErrName, hub.ErrServer}, ExitEnvironment, "a model folder on disk works without the hub"},
	{[]error{export.ErrParity}, ExitGate, ""},
	{[]error{ortrain.ErrNotFinite}, ExitFailure, ""},
}

// Main runs the command line and returns the exit code.
func Main(e Env) int {
	app := newApp(e)
	return explain(e.Stderr, app.RunContext(context.Background(), arguments(e.Args, app.Commands)))
}

func newApp(e Env) *cli.App {
	app := &cli.App{
		Name:  "ortrain",
		Usage: "fine-tune BERT-family text encoders on any stock ONNX Runtime",
		Description: "A first run:\n\n" +
			"   ortrain train --model_name_or_path FOLDER --train_file train.csv --output_dir out\n" +
			"   ortrain predict --model_name_or_path out/export --test_file new.csv --output_dir predictions\n\n" +
			"Exit codes: 0 done, 1 failed, 2 usage, 3 data, 4 a gate failed, 5 environment, 130 interrupted after a checkpoint.",
		Version: Version, HideHelpCommand: true,
		Writer: e.Stdout, ErrWriter: e.Stderr, Reader: e.Stdin,
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: []*cli.Command{
			doctorCommand(e),
			artifactsCommand(e),
			trainCommand(e),
			evalCommand(e),
			predictCommand(e),
			exportCommand(e),
			verifyCommand(e),
			demoCommand(e),
			probeCommand(e),
			reportCommand(e),
			listCommand(e),
			attackCommand(e),
			inspectCommand(e),
			convertCommand(e),
			cleanCommand(e),
			scrubCommand(e),
			splitCommand(e),
			prepareCommand(e),
			initCommand(e),
			planCommand(e),
			runCommand(e),
			resumeCommand(e),
			configCommand(e),
			augmentCommand(e),
			dataCommand(e),
			ablateCommand(e),
			completionCommand(e),
			manCommand(e),
			versionCommand(e),
		},
		CommandNotFound: nil,
		Action:          help,
	}
	app.OnUsageError = onUsageError
	for _, c := range app.Commands {
		c.OnUsageError = onUsageError
	}
	return app
}

// help serves a command line without a command: the help page, of a command if
// one is named after "help".
func help(c *cli.Context) error {
	name := c.Args().First()
	if name == "help" {
		name = c.Args().Get(1)
		if slices.Contains(commandNames(c.App), name) {
			return cli.ShowCommandHelp(c, name)
		}
	}
	if name == "" {
		return cli.ShowAppHelp(c)
	}
	return usage("there is no command %s; did you mean %s?", name, nearest(name, commandNames(c.App)))
}

func commandNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

// What the flag package says about command lines that it cannot read.
var (
	undefined = regexp.MustCompile(`flag provided but not defined: -+(\S+)`)
	noValue   = regexp.MustCompile(`flag needs an argument: -+(\S+)`)
	badValue  = regexp.MustCompile(`(?s)invalid (?:boolean )?value ".*" for (?:flag )?-+(\S+): (.*)`)
)

// onUsageError turns the flag package's errors into ours, with the nearest
// name.
func onUsageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if m := noValue.FindStringSubmatch(text); m != nil {
		return usage("--%s needs a value", m[1])
	}
	if m := badValue.FindStringSubmatch(text); m != nil {
		return usage("--%s: %s", m[1], m[2])
	}
	if m := undefined.FindStringSubmatch(text); m != nil {
		return unknownOption(c.Command, strings.ReplaceAll(m[1], "-", "_"))
	}
	return usage("%w", err)
}

// unknownOption says why there is no such option, or which one is most like it.
func unknownOption(c *cli.Command, name string) error {
	if why, ok := refused[name]; ok {
		return usage("--%s is not an option here: %s", name, why)
	}
	var have []string
	for _, f := range c.Flags {
		have = append(have, f.Names()...)
	}
	if slices.Contains(have, "version") { // those of the program itself
		return usage("there is no option --%s; options follow a command: ortrain COMMAND --help lists them", name)
	}
	if slices.Contains(optionNames(), name) {
		return usage("%s takes no option --%s; ortrain %s --help lists its options", c.Name, name, c.Name)
	}
	return usage("there is no option --%s; did you mean --%s?", name, strings.ReplaceAll(nearest(name, have), ", ", ", --"))
}

// command returns a command over the named options of Run. Its action gets the
// options resolved: flags over environment over file over defaults.
func command(e Env, name, text, argsUsage string, names []string, action func(ctx context.Context, e Env, run Run) error) *cli.Command {
	run := DefaultRun()
	flags := flagsFor(&run, names...)
	reword(flags, usagesOf[name])
	return &cli.Command{
		Name: name, Usage: text, ArgsUsage: argsUsage, Flags: flags,
		Action: func(c *cli.Context) error {
			takes, allowed := "no argument", 0
			if argsUsage != "" {
				takes, allowed = "one argument, "+argsUsage, 1
			}
			if c.Args().Len() > allowed {
				return usage("%s takes %s; %q is one too many", name, takes, c.Args().Get(allowed))
			}
			resolved, err := resolve(c, e, &run, DefaultRun())
			if err != nil {
				return err
			}
			if method := resolved.Training.Adversary.Name; method != "" {
				// Once more over the method's own defaults, now that it is known.
				defaults := DefaultRun()
				if defaults.Training.Adversary, err = adversary.Defaults(method); err != nil {
					return err
				}
				if resolved, err = resolve(c, e, &run, defaults); err != nil {
					return err
				}
			}
			if err := resolved.Validate(); err != nil {
				return err
			}
			if !resolved.DryRun {
				if err := writable("--output_dir", resolved.OutputDir, true); err != nil {
					return err
				}
			}
			return action(c.Context, e, resolved)
		},
	}
}

// resolve reads file, environment and flags, which are in given, over the
// defaults.
func resolve(c *cli.Context, e Env, given *Run, over Run) (Run, error) {
	if file := c.Args().First(); file != "" {
		if err := readConfig(file, &over); err != nil {
			return over, err
		}
	}
	return resolveOptions(c, e, given, over)
}

// resolveOptions is resolve for commands whose arguments are no configuration
// files.
func resolveOptions(c *cli.Context, e Env, given *Run, over Run) (Run, error) {
	if err := environment(e.Getenv, &over); err != nil {
		return over, err
	}
	flags := options(given)
	for i, o := range options(&over) {
		if isSet(c, o.name) {
			o.value.Set(flags[i].value)
		}
	}
	return over, nil
}

// isSet reports whether an option was given as a flag, by any of its names.
func isSet(c *cli.Context, name string) bool {
	for _, n := range append([]string{name}, aliases[name]...) {
		if c.IsSet(n) {
			return true
		}
	}
	return false
}

// must reports options that a command cannot do without.
func must(pairs ...string) error {
	var missing []error
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			missing = append(missing, fmt.Errorf("--%s is needed", pairs[i]))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fail(ExitUsage, errors.Join(missing...), "")
}
