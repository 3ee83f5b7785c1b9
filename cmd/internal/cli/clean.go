package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/clean"
)

// cleaningFiles holds the options of clean.
type cleaningFiles struct {
	conversion `yaml:",inline"`

	Clean    string `yaml:"clean"`
	KeepRows bool   `yaml:"keep_rows"`
	Report   string `yaml:"report_file"`
	Workers  int    `yaml:"dataloader_num_workers"`
	Quiet    bool   `yaml:"quiet"`
}

// cleanUsages says what the options of clean do that convert does not have.
var cleanUsages = map[string]string{
	"clean":                  "a preset, or the recipe in `FILE`; ortrain list cleaning shows all",
	keepOption:               "change texts only and drop no row: for rows to evaluate on",
	reportOption:             "write counts and samples of every step to `FILE` (JSON)",
	"dataloader_num_workers": "`GOROUTINES` that clean",
}

const (
	// reportOption names the file that a command writes its counts to.
	reportOption = "report_file"
	// keepOption names the option that leaves all rows in.
	keepOption = "keep_rows"
	// defaultCleaning is the preset of ortrain clean.
	defaultCleaning = "encoder"
)

func cleanCommand(e Env) *cli.Command {
	given := cleaningFiles{conversion: defaultConversion(), Clean: defaultCleaning, Workers: min(4, runtime.GOMAXPROCS(0))}
	return &cli.Command{
		Name: "clean", Usage: "clean the texts of files and drop rows that repeat", ArgsUsage: "IN... OUT",
		Description: "IN and OUT are as those of convert. Texts, labels, tokens, tags and spans are kept, other\ncolumns are not.",
		Flags:       structFlags(&given, cleanUsages, conversionUsages),
		Action: func(c *cli.Context) error {
			args := c.Args().Slice()
			if len(args) < 2 {
				return usage("clean takes what to read and what to write: ortrain clean IN... OUT")
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			return interrupted(ctx, given.run(ctx, e, args[:len(args)-1], args[len(args)-1]), "nothing was written")
		},
	}
}

// run cleans files into one.
func (o cleaningFiles) run(ctx context.Context, e Env, in []string, path string) (err error) {
	recipe, err := readRecipe(o.Clean)
	if err != nil {
		return err
	}
	if err := writable("the output", path, false); err != nil {
		return err
	}
	set, memory, err := o.open(ctx, e, in, path)
	if err != nil {
		return err
	}
	cleaner, err := clean.New(clean.Config{Recipe: recipe, Samples: cleanSamples, OnlyEdits: o.KeepRows, Memory: memory})
	if err != nil {
		return err
	}
	out, err := o.create(e, set, in, path, memory)
	if err != nil {
		return fail(ExitUsage, err, "")
	}
	defer func() { err = first(err, out.Close()) }()
	if _, err := copyRows(ctx, cleaner.Stage(set.Rows(), o.Workers), out); err != nil {
		return err
	}
	r := cleaner.Report()
	if r.Kept == 0 {
		return fail(ExitData, fmt.Errorf("none of the %s is left: %s", plural(r.Rows, "row", "rows"), summary(r)), "")
	}
	if err := out.Commit(ctx); err != nil {
		return err
	}
	if o.Report != "" {
		if err := writeJSON(o.Report, r); err != nil {
			return err
		}
	}
	if o.Quiet {
		return nil
	}
	if names := left(set); len(names) > 0 {
		fmt.Fprintf(e.Stderr, "columns not carried over: %s\n", strings.Join(names, ", "))
	}
	return showReport(e.Stderr, r)
}

// showReport prints the counts as a table.
func showReport(w io.Writer, r clean.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "step\trows changed\trows dropped\tcharacters removed\tadded\t")
	for _, s := range r.Steps {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", s.Use.Step, thousands(s.Changed), thousands(s.Dropped), thousands(s.Removed), thousands(s.Added))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s of %s rows kept\n", thousands(r.Kept), thousands(r.Rows))
	return err
}
