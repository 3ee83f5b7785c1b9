package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// CleanOptions are the options of ortrain clean.
type CleanOptions struct {
	FileOptions `yaml:",inline"`

	Clean      string `yaml:"clean"`
	ReportFile string `yaml:"report_file"`
}

func defaultClean() *CleanOptions {
	return &CleanOptions{
		FileOptions: FileOptions{LabelType: "auto", Workers: min(4, runtime.GOMAXPROCS(0))},
		Clean:       "encoder",
	}
}

func cleanCommand(e Env) *cli.Command {
	return structCommand(e, "clean", "clean the texts of a file and drop rows that repeat", defaultClean, cleanFile)
}

// cleanFile reads, cleans and writes.
func cleanFile(ctx context.Context, e Env, o CleanOptions) (err error) {
	if err := must("input", o.Input, "output", o.Output); err != nil {
		return err
	}
	recipe, err := readRecipe(o.Clean)
	if err != nil {
		return err
	}
	memory := new(record.Allocator)
	cleaner, err := clean.New(clean.Config{Recipe: recipe, Samples: cleanSamples, Memory: memory})
	if err != nil {
		return err
	}
	set, err := o.open(ctx, e, memory)
	if err != nil {
		return err
	}
	out, err := o.create(e, set, memory)
	if err != nil {
		return err
	}
	defer func() { err = first(err, out.Close()) }()
	if err := copyRows(ctx, cleaner.Stage(set.Rows(), o.Workers), out); err != nil {
		return err
	}
	r := cleaner.Report()
	if r.Kept == 0 {
		return fail(ExitData, fmt.Errorf("none of the %s is left: %s", plural(r.Rows, "row", "rows"), summary(r)), "")
	}
	if err := out.Commit(ctx); err != nil {
		return err
	}
	if o.ReportFile != "" {
		if err := writeJSON(o.ReportFile, r); err != nil {
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

// copyRows writes all that is left of a source, which it closes.
func copyRows(ctx context.Context, rows pipeline.Source[*record.Batch], file *sink.File) (err error) {
	defer func() { err = first(err, rows.Close()) }()
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = file.Write(ctx, b)
		b.Release()
		if err != nil {
			return err
		}
	}
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
