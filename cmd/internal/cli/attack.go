package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/adversary"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// attackOptions are those of attack beside the ones that other commands have.
type attackOptions struct {
	space, radii, norm, scope, where, transfer string
	steps, restarts                            int
	alpha                                      float64
	check                                      bool
}

func (o *attackOptions) flags() []cli.Flag {
	const category = "ATTACK"
	return []cli.Flag{
		&cli.StringFlag{Name: "space", Usage: "what is attacked: embedding", Value: "embedding", Destination: &o.space, Category: category},
		&cli.StringFlag{Name: "adv_epsilon", Usage: "`RADII` of the perturbations, such as 0.1,0.3,1", Value: "0.1,0.3,1", Destination: &o.radii, Category: category},
		&cli.StringFlag{Name: "adv_norm", Usage: "`NORM` of perturbations: l2 or linf", Value: "l2", Destination: &o.norm, Category: category},
		&cli.StringFlag{Name: "adv_scope", Usage: "what the norm is taken over: example or token", Value: "example", Destination: &o.scope, Category: category},
		&cli.StringFlag{Name: "adv_where", Usage: "what is perturbed: lookup, embedding_sum or embedding_output", Value: "lookup", Destination: &o.where, Category: category},
		&cli.Float64Flag{Name: "adv_alpha", Usage: "`SIZE` of a PGD step as a share of the radius; 0 means 2.5/steps", Destination: &o.alpha, Category: category},
		&cli.IntFlag{Name: "attack_steps", Usage: "PGD `STEPS`", Value: 20, Destination: &o.steps, Category: category},
		&cli.IntFlag{Name: "restarts", Usage: "PGD `STARTS`; the first is the example, the others are random", Value: 5, Destination: &o.restarts, Category: category},
		&cli.StringFlag{Name: "transfer_from", Usage: "`FOLDER` of another model whose perturbations, from one start, are tried as well", Destination: &o.transfer, Category: category},
		&cli.BoolFlag{Name: "check", Usage: "end with exit code 4 where gradients seem to be masked", Destination: &o.check, Category: category},
	}
}

// attack turns the options into those of the library.
func (o *attackOptions) attack(seed uint64) (adversary.Attack, error) {
	a := adversary.Attack{
		Norm: adversary.Norm(o.norm), Scope: adversary.Scope(o.scope), Where: adversary.Where(o.where),
		Steps: o.steps, Restarts: o.restarts, Alpha: o.alpha, Seed: seed,
	}
	if o.space != "embedding" {
		return a, usage("--space is %q; embedding is expected", o.space)
	}
	for _, text := range strings.Split(o.radii, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return a, usage("--adv_epsilon: %q is not a number; radii are written 0.1,0.3,1", text)
		}
		a.Radii = append(a.Radii, x)
	}
	slices.Sort(a.Radii)
	return a, a.Validate()
}

func attackCommand(e Env) *cli.Command {
	o := &attackOptions{}
	list := names(modelOptions, []string{"test_file", "label_column", "output_dir", "seed"}, dataOptions, runtimeOptions)
	c := command(e, "attack", "perturb the embeddings of a trained model and see what it still gets right", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		return runAttack(ctx, e, run, o)
	}))
	c.Flags = append(c.Flags, o.flags()...)
	return c
}

func runAttack(ctx context.Context, e Env, run Run, o *attackOptions) error {
	if err := must("test_file", run.TestFile); err != nil {
		return err
	}
	a, err := o.attack(run.Training.Seed)
	if err != nil {
		return err
	}
	s, err := finished(ctx, e, run)
	if err != nil {
		return err
	}
	defer s.close()
	var source adversary.Victim
	if o.transfer != "" {
		from, err := s.another(ctx, o.transfer)
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }()
		source = from.EvaluationPasses
	}
	data, err := s.rows(ctx, run.TestFile, true)
	if err != nil {
		return err
	}
	tallies := make([]adversary.Tally, len(a.Radii))
	if err := eachBatch(ctx, ortrain.InOrder(data), func(b *sample.Batch) error {
		return a.Batch(ctx, s.net.EvaluationPasses, source, b, tallies)
	}); err != nil {
		return err
	}
	return reportAttack(e, run, o, tallies)
}

// another opens the weights of a second model beside the first; both see the
// first one's tokens.
func (s *session) another(ctx context.Context, path string) (*ortrain.Network, error) {
	run := s.run
	run.ModelNameOrPath, run.Revision = path, ""
	f, err := openFolder(ctx, s.env, run)
	if err != nil {
		return nil, err
	}
	if f.config.VocabSize != s.folder.config.VocabSize || f.config.HiddenSize != s.folder.config.HiddenSize {
		return nil, fail(ExitData, fmt.Errorf("%s has %d words of width %d, the model under attack %d of %d: perturbations do not fit",
			path, f.config.VocabSize, f.config.HiddenSize, s.folder.config.VocabSize, s.folder.config.HiddenSize), "transfer needs models with the same tokenizer and width")
	}
	if !slices.Equal(f.config.Labels, s.folder.config.Labels) {
		return nil, fail(ExitData, fmt.Errorf("%s has other labels than the model under attack", path), "transfer needs models of one task")
	}
	net, report, err := f.network(s.ort, run, false)
	if err != nil {
		return nil, err
	}
	if err := trainedHead(report); err != nil {
		return nil, errors.Join(err, net.Close())
	}
	return net, nil
}

// eachBatch goes through data once.
func eachBatch(ctx context.Context, data ortrain.Data, each func(b *sample.Batch) error) (err error) {
	batches, err := data.Epoch(ctx, sample.Cursor{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, batches.Close()) }()
	for {
		b, err := batches.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(b); err != nil {
			return err
		}
	}
}

// attackResult is attack.json.
type attackResult struct {
	Space     string            `json:"space"`
	Norm      string            `json:"adv_norm"`
	Scope     string            `json:"adv_scope"`
	Where     string            `json:"adv_where"`
	Steps     int               `json:"attack_steps"`
	Restarts  int               `json:"restarts"`
	Transfer  bool              `json:"transfer"`
	Seed      uint64            `json:"seed"`
	Points    []adversary.Tally `json:"points"`
	Suspicion string            `json:"gradient_masking"`
}

// reportAttack prints the table and writes the files.
func reportAttack(e Env, run Run, o *attackOptions, tallies []adversary.Tally) error {
	suspicion := adversary.Masking(tallies)
	table := attackTable(tallies, o.transfer != "")
	t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range table {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if suspicion != "" {
		fmt.Fprintf(e.Stdout, "gradient masking? %s\n", suspicion)
	}
	if run.OutputDir != "" {
		if err := writeAttack(run, o, tallies, table, suspicion); err != nil {
			return err
		}
	}
	if o.check && suspicion != "" {
		return fail(ExitGate, fmt.Errorf("the attack is not to be trusted: %s", suspicion), "more --attack_steps and --restarts, or a larger radius")
	}
	return nil
}

// attackTable has a heading and one row for each radius.
func attackTable(tallies []adversary.Tally, transfer bool) [][]string {
	heading := []string{"epsilon", "examples", "clean", "fgsm", "pgd", "worst"}
	if transfer {
		heading = slices.Insert(heading, 5, "transfer")
	}
	table := [][]string{heading}
	for _, t := range tallies {
		share := func(n int) string { return strconv.FormatFloat(accuracy(n, t.Examples), 'f', 4, 64) }
		row := []string{strconv.FormatFloat(t.Epsilon, 'g', -1, 64), strconv.Itoa(t.Examples), share(t.Clean), share(t.FGSM), share(t.PGD)}
		if transfer {
			row = append(row, share(t.Transfer))
		}
		table = append(table, append(row, share(t.Worst)))
	}
	return table
}

func accuracy(right, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(right) / float64(of)
}

func writeAttack(run Run, o *attackOptions, tallies []adversary.Tally, table [][]string, suspicion string) error {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(table); err != nil {
		return err
	}
	result := attackResult{
		Space: o.space, Norm: o.norm, Scope: o.scope, Where: o.where, Steps: o.steps, Restarts: o.restarts,
		Transfer: o.transfer != "", Seed: run.Training.Seed, Points: tallies, Suspicion: suspicion,
	}
	return errors.Join(
		writeJSON(filepath.Join(run.OutputDir, "attack.json"), result),
		writeFile(filepath.Join(run.OutputDir, "attack.csv"), text.Bytes()),
		writeFile(filepath.Join(run.OutputDir, "attack.svg"), attackPlot(tallies, o.transfer != "")))
}
