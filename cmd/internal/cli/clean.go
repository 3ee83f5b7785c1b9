package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// reportOption names the file that a command writes its counts to.
const reportOption = "report_file"

// defaultCleaning is the preset of ortrain clean.
const defaultCleaning = "encoder"

// keepOption names the option that leaves all rows in.
const keepOption = "keep_rows"

// cleanOptions are those of Run that cleaning reads.
var cleanOptions = []string{"clean", "text_column", "text_pair_column", "label_column", "dataloader_num_workers", "quiet"}

func cleanCommand(e Env) *cli.Command {
	run := DefaultRun()
	report := &cli.StringFlag{Name: reportOption, Usage: "write counts and samples of every step to `FILE` (JSON)", Category: category("output_dir")}
	keep := &cli.BoolFlag{Name: keepOption, Usage: "change texts only and drop no row: for rows to evaluate on", Category: category("output_dir")}
	header := &cli.StringFlag{Name: nameHeader, Usage: conversionUsages[nameHeader], Category: category("train_file")}
	return &cli.Command{
		Name: "clean", Usage: "clean the texts of files and drop rows that repeat", ArgsUsage: "IN… OUT",
		Description: "Without --clean the preset encoder is used. Formats go by extension; - is standard input or output, in the format of the other file.\n" +
			"Of the columns, text, pair and label (or tokens and tags) are written.",
		Flags: append(flagsFor(&run, cleanOptions...), report, keep, header),
		Action: func(c *cli.Context) error {
			args := c.Args().Slice()
			if len(args) < 2 {
				return usage("clean takes at least one file to read and one to write, not %d", len(args))
			}
			resolved, err := resolveOptions(c, e, &run, DefaultRun())
			if err != nil {
				return err
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			in, out := args[:len(args)-1], args[len(args)-1]
			return interrupted(ctx, cleanFiles(ctx, e, resolved, in, out, c.String(reportOption), c.Bool(keepOption), split(c.String(nameHeader))), "")
		},
	}
}

// cleanFiles cleans files into one.
func cleanFiles(ctx context.Context, e Env, run Run, in []string, out, report string, keep bool, header []string) error {
	if run.Clean == "" {
		run.Clean = defaultCleaning
	}
	recipe, err := readRecipe(run.Clean)
	if err != nil {
		return err
	}
	cleaner, err := clean.New(clean.Config{Recipe: recipe, Samples: cleanSamples, OnlyEdits: keep})
	if err != nil {
		return err
	}
	set, err := openAny(ctx, e, run, in, out, header)
	if err != nil {
		return err
	}
	cols := set.Columns()
	file, err := sink.Create(out, sink.Options{
		Names: set.Names(), Stdout: e.Stdout, Format: formatOf(out, in[0]), Text: cols.Text, Pair: cols.Pair, Label: cols.Label, Tokens: cols.Tokens, Tags: cols.Tags,
	})
	if err != nil {
		return fail(ExitUsage, err, "")
	}
	defer file.Close() // after Commit it does nothing
	if err := copyRows(ctx, cleaner.Stage(set.Rows(), run.Workers), file); err != nil {
		return err
	}
	r := cleaner.Report()
	if r.Kept == 0 {
		return fail(ExitData, fmt.Errorf("none of the %s rows is left: %s", thousands(r.Rows), summary(r)), "")
	}
	if err := file.Commit(ctx); err != nil {
		return err
	}
	if report != "" {
		if err := writeJSON(report, r); err != nil {
			return err
		}
	}
	if run.Quiet {
		return nil
	}
	return showReport(e.Stderr, r)
}

// formatOf is the format of standard streams: that of the file at the other
// end, else JSON lines. Files say themselves what they are.
func formatOf(path, other string) string {
	if path != sink.Stdout {
		return ""
	}
	other = strings.TrimSuffix(strings.TrimSuffix(other, ".gz"), ".zst")
	if ext := filepath.Ext(other); slices.Contains(sink.Formats(), ext) {
		return ext
	}
	return ".jsonl"
}

// openAny opens files whose kind of label nobody names: tags where words are
// lines, else classes, if there are any.
func openAny(ctx context.Context, e Env, run Run, in []string, out string, header []string) (*source.Set, error) {
	kind := sample.ClassLabel
	if slices.Contains([]string{".conll", ".bio", ".iob", ".iob2", ".conllu"}, filepath.Ext(in[0])) {
		kind = sample.TagLabel
	}
	return source.Open(ctx, in, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn, Label: run.LabelColumn},
		Kind:    kind, Optional: true, Stdin: e.Stdin, Format: formatOf(in[0], out), Header: header,
	})
}

// copyRows writes all that is left of a source, which it closes.
func copyRows(ctx context.Context, rows pipeline.Source[*record.Batch], file *sink.File) (err error) {
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
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
