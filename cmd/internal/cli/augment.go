package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/ops"
	"github.com/ortrain/ortrain/augment/pack"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean/segment"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
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
	Quiet   bool   `yaml:"quiet"`
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
}

func taskNames() string {
	var names []string
	for _, t := range augment.Tasks() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

func defaultAugmentation() augmentation {
	return augmentation{conversion: defaultConversion(), Augment: "eda", Seed: 42, Workers: min(4, runtime.GOMAXPROCS(0))}
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
			return interrupted(ctx, augmentFiles(ctx, e, given, paths[:len(paths)-1], paths[len(paths)-1]), "nothing was written")
		},
	}
}

// augmentFiles reads, copies and writes.
func augmentFiles(ctx context.Context, e Env, o augmentation, in []string, out string) (err error) {
	if o.Epoch < 0 {
		return usage("--epoch %d; it must not be negative", o.Epoch)
	}
	policy, err := o.policy()
	if err != nil {
		return err
	}
	o.Audit = policy.Audit
	policy.Audit = policy.Audit || o.Report != ""
	// The policy is made ready first: a missing pack is named before work starts.
	ready := augment.Options{Seed: o.Seed, Epoch: uint32(o.Epoch), Outside: -1}
	if _, err := newRunner(policy, o.Packs, ready); err != nil {
		return err
	}
	set, memory, err := o.open(ctx, e, in, out)
	if err != nil {
		return err
	}
	ready.Memory = memory
	if o.Audit && slices.Contains(set.Available(), "audit") {
		return fail(ExitData, fmt.Errorf("%s: %w; rename it, or leave --audit out", strings.Join(in, ", "), augment.ErrAudit), "")
	}
	if ready.Outside, err = outside(set); err != nil {
		return err
	}
	runner, err := newRunner(policy, o.Packs, ready)
	if err != nil {
		return err
	}
	return o.write(ctx, e, set, memory, runner, in, out)
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
	return p, nil
}

// readPolicy reads a preset or a policy file.
func readPolicy(name string) (augment.Policy, error) {
	if slices.Contains(augment.Presets(), name) {
		return augment.Preset(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		if filepath.Ext(name) == "" {
			_, err = augment.Preset(name) // says which there are
		}
		return augment.Policy{}, usage("--augment: %w", err)
	}
	p, err := augment.ParsePolicy(data)
	if err != nil {
		return p, usage("--augment %s: %w", name, err)
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

// write makes the copies and writes all rows.
func (o augmentation) write(ctx context.Context, e Env, set *source.Set, memory *record.Allocator, runner *augment.Runner, in []string, path string) (err error) {
	o.Trail = o.Trail || o.Audit
	out, err := o.create(e, set, in, path, memory)
	if err != nil {
		return err
	}
	defer func() { err = first(err, out.Close()) }()
	rows := pipeline.Map(set.Rows(), max(1, o.Workers), runner.Rows)
	defer func() { err = first(err, rows.Close()) }()
	n, shown := int64(0), e.Now()
	var report augmentReport
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		n += int64(b.Len())
		if o.Report != "" {
			for _, ex := range b.Examples() {
				report.see(ex)
			}
		}
		err = out.Write(ctx, b)
		b.Release()
		if err != nil {
			return err
		}
		if now := e.Now(); !o.Quiet && now.Sub(shown) >= time.Second {
			shown = now
			fmt.Fprintf(e.Stderr, "%s rows written\n", thousands(n))
		}
	}
	if err := out.Commit(ctx); err != nil {
		return err
	}
	if o.Report != "" {
		if err := writeJSON(o.Report, report); err != nil {
			return err
		}
	}
	if !o.Quiet {
		fmt.Fprintf(e.Stderr, "%s: %s rows by the policy %s\n", path, thousands(n), o.Augment)
	}
	return nil
}
