package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/augment/pack"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/clean/segment"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// augmentation holds the options of augment.
type augmentation struct {
	conversion `yaml:",inline"`

	Augment string `yaml:"augment"`
	Copies  int    `yaml:"copies"`
	Task    string `yaml:"task"`
	Force   bool   `yaml:"force"`
	Only    bool   `yaml:"copies_only"`
	Audit   bool   `yaml:"audit"`
	Seed    uint64 `yaml:"seed"`
	Epoch   int    `yaml:"epoch"`
	Packs   string `yaml:"packs_dir"`
	Report  string `yaml:"report_file"`
	Workers int    `yaml:"dataloader_num_workers"`

	KeepLabel  bool    `yaml:"keep_label"`
	Classifier string  `yaml:"classifier"`
	Cosine     float64 `yaml:"cosine"`
	Encoder    string  `yaml:"encoder"`
	Provider   string  `yaml:"provider"`
	Threads    int     `yaml:"threads"`
	Library    string  `yaml:"onnxruntime"`

	Resume   bool `yaml:"resume"`
	PartRows int  `yaml:"part_rows"`
	Quiet    bool `yaml:"quiet"`
}

// augmentUsages says what the options of augment do that convert does not have.
var augmentUsages = map[string]string{
	"augment":                "`PRESET` or policy file in YAML; ortrain list augmenters shows them",
	"copies":                 "`COPIES` of each example, in place of the policy's; 0 keeps these",
	"task":                   "what the labels say, so that harmful operators are refused: " + taskNames(),
	"force":                  "allow operators that harm the task",
	"copies_only":            "leave the examples themselves out",
	"audit":                  "write the columns row_id, copy and audit: which operator changed which words",
	"seed":                   "`SEED` of all draws",
	"epoch":                  "`EPOCH` of training whose copies are made, from 0",
	reportOption:             "write counts and samples of the copies to `FILE` (JSON)",
	"dataloader_num_workers": "`GOROUTINES` that make copies",
	"keep_label":             "keep copies only whose label the classifier still gives",
	"classifier":             "`FOLDER` of the trained model that keep_label asks: a run of ortrain train, or an export",
	"cosine":                 "keep copies only whose embedding has at least this `COSINE` with that of their original; 0 leaves it to the policy",
	"encoder":                "`FOLDER` of the model that embeds texts for the cosine, by the mean of its last states (default: the classifier)",
	"resume":                 "go on with what a killed run of the same command has finished",
	"part_rows":              "`ROWS` of the input that are finished together, for --resume to go on after",
}

func taskNames() string {
	var names []string
	for _, t := range augment.Tasks() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

func defaultAugmentation() augmentation {
	return augmentation{conversion: defaultConversion(), Augment: "eda", Seed: 42, Workers: min(4, runtime.GOMAXPROCS(0)), PartRows: 64 * record.MaxRows}
}

func augmentCommand(e Env) *cli.Command {
	given := defaultAugmentation()
	flags := structFlags(&given, augmentUsages, conversionUsages)
	return &cli.Command{
		Name: "augment", Usage: "make new examples of those in files", ArgsUsage: "IN... OUT", Flags: flags,
		Description: "IN and OUT are as those of convert. Each example is followed by its copies; tags and\n" +
			"spans follow their words. The same seed gives the same bytes, whatever the number of goroutines.",
		Action: func(c *cli.Context) error {
			paths := c.Args().Slice()
			if len(paths) < 2 {
				return usage("augment takes what to read and what to write: ortrain augment IN... OUT")
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			in, out := paths[:len(paths)-1], paths[len(paths)-1]
			err := augmentFiles(ctx, e, given, in, out)
			hint := "nothing was written"
			if sink.HasParts(partsDir(out)) {
				hint = "go on with the same command and --resume"
			}
			return interrupted(ctx, err, hint)
		},
	}
}

// augmentFiles reads, copies and writes.
func augmentFiles(ctx context.Context, e Env, o augmentation, in []string, out string) (err error) {
	policy, err := o.ready(in, out)
	if err != nil {
		return err
	}
	if err := writable("the output", out, false); err != nil {
		return err
	}
	set, memory, err := o.open(ctx, e, in, out)
	if err != nil {
		return err
	}
	o.Audit = policy.Audit
	policy.Audit = policy.Audit || o.Report != ""
	if o.Audit && slices.Contains(set.Available(), "audit") {
		return fail(ExitData, fmt.Errorf("%s: %w; rename it, or leave --audit out", strings.Join(in, ", "), augment.ErrAudit), "")
	}
	opts := augment.Options{Seed: o.Seed, Epoch: uint32(o.Epoch), Memory: memory}
	if opts.Outside, err = outside(set); err != nil {
		return err
	}
	models, err := o.openFilters(ctx, e, policy.Filters, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, models.Close()) }()
	opts.Filters = models.filters
	runner, err := newRunner(policy, o.Packs, opts)
	if err != nil {
		return err
	}
	w := &augmentWriter{augmentation: o, env: e, set: set, memory: memory, runner: runner, in: in, path: out}
	return w.write(ctx)
}

// ready checks all that can be told before the data are looked at: a missing pack
// or model is named before work starts.
func (o augmentation) ready(in []string, out string) (augment.Policy, error) {
	if o.Epoch < 0 {
		return augment.Policy{}, usage("--epoch %d; it must not be negative", o.Epoch)
	}
	if o.PartRows < 1 {
		return augment.Policy{}, usage("--part_rows %d; at least 1 is needed", o.PartRows)
	}
	if o.Resume && (out == sink.Stdout || slices.Contains(in, source.Stdin)) {
		return augment.Policy{}, usage("--resume goes on with files; standard input and output cannot be taken up again")
	}
	policy, err := o.policy()
	if err != nil {
		return policy, err
	}
	plain := policy
	plain.Filters.KeepLabel, plain.Filters.Cosine = false, 0 // their models need the data
	if _, err := newRunner(plain, o.Packs, augment.Options{Seed: o.Seed, Outside: -1}); err != nil {
		return policy, err
	}
	return policy, o.checkFilters(policy.Filters)
}

// policy reads the policy and puts the options over it.
func (o augmentation) policy() (augment.Policy, error) {
	p, err := readPolicy(o.Augment)
	if err != nil {
		return p, err
	}
	if o.Copies != 0 {
		p.Copies = o.Copies
	}
	if o.Task != "" {
		p.Task = augment.Task(o.Task)
	}
	p.Force = p.Force || o.Force
	p.Original = p.Original && !o.Only
	p.Audit = p.Audit || o.Audit
	p.Filters.KeepLabel = p.Filters.KeepLabel || o.KeepLabel
	if o.Cosine != 0 {
		p.Filters.Cosine = o.Cosine
	}
	return p, nil
}

// readPolicy reads a preset or a policy file.
func readPolicy(name string) (augment.Policy, error) {
	if slices.Contains(augment.Presets(), name) {
		return augment.Preset(name)
	}
	if _, err := os.Stat(name); err != nil && filepath.Ext(name) == "" {
		_, err = augment.Preset(name) // says which there are
		return augment.Policy{}, usage("--augment: %w", err)
	}
	data, err := readText("--augment", name)
	if err != nil {
		return augment.Policy{}, err
	}
	p, err := augment.ParsePolicy(data)
	if err != nil {
		return p, fail(ExitUsage, fmt.Errorf("--augment %s: %w", name, err), "ortrain list augmenters shows presets, operators and parameters")
	}
	return p, nil
}

// outside is the class of untagged words, -1 if there are no tags or none is
// named O.
func outside(set *source.Set) (int64, error) {
	if set.Kind() != sample.TagLabel {
		return -1, nil
	}
	return int64(slices.Index(set.Names(), "O")), nil
}

// packsDir is the folder of resource packs.
func packsDir(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	deps, err := ort.DepsDir()
	return filepath.Join(deps, "packs"), err
}

// newRunner makes a policy ready, with the dictionary of its language if it
// wants words.
func newRunner(p augment.Policy, packs string, o augment.Options) (*augment.Runner, error) {
	dir, err := packsDir(packs)
	if err != nil {
		return nil, err
	}
	o.Table, o.Packs = ops.Standard(), pack.Store{Dir: dir}
	if p.Language == "zh" && (p.Segment == "auto" || p.Segment == "word") {
		words, err := segment.Chinese()
		if err != nil {
			return nil, err
		}
		o.Words = augment.Dictionary(words.Cut)
	}
	return augment.New(p, o)
}

// augmenting is what --augment does to the rows of every epoch; nil without it.
// The copies are those that the command augment makes with the same policy, seed
// and epoch.
func augmenting(run Run) (func(context.Context, uint32, sample.Example) (sample.Example, error), error) {
	if run.Augment == "" {
		return nil, nil
	}
	p, err := readPolicy(run.Augment)
	if err != nil {
		return nil, err
	}
	runner, err := newRunner(p, run.PacksDir, augment.Options{Seed: run.Training.Seed, Outside: -1})
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, epoch uint32, ex sample.Example) (sample.Example, error) {
		return runner.Draw(ex, epoch)
	}, nil
}
