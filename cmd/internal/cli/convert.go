package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/sink"
)

// conversion holds the options of convert.
type conversion struct {
	From           string `yaml:"from"`
	To             string `yaml:"to"`
	LabelType      string `yaml:"label_type"`
	TextColumn     string `yaml:"text_column"`
	TextPairColumn string `yaml:"text_pair_column"`
	LabelColumn    string `yaml:"label_column"`
	TokensColumn   string `yaml:"tokens_column"`
	TagsColumn     string `yaml:"tags_column"`
	SpanColumns    string `yaml:"span_columns"`
	LabelNames     string `yaml:"label_names_file"`
	ColumnNames    string `yaml:"column_names"`
	Quotes         string `yaml:"quotes"`
	Unlabeled      bool   `yaml:"unlabeled"`
	Trail          bool   `yaml:"row_ids"`
	GroupRows      int    `yaml:"row_group_rows"`
}

// conversionUsages says what the options of convert do, where train has no
// option of that name.
var conversionUsages = map[string]string{
	"from":             "`FORMAT` of the input, if its name does not say so: csv, tsv, jsonl, conll, parquet, arrow",
	"to":               "`FORMAT` of the output, if its name does not say so: csv, tsv, jsonl, parquet, arrow",
	"label_type":       "what the labels are: auto, none, class, multi, value, tags or span",
	"tokens_column":    "`COLUMN` with lists of tokens (default: tokens or words)",
	"tags_column":      "`COLUMN` with lists of tags (default: tags or ner_tags)",
	"span_columns":     "`START,END`, the columns of where a span begins and ends, in characters",
	"label_names_file": "`FILE` with the classes in order: a name a line, a JSON list, or a model's config.json",
	"column_names":     "`NAMES` between commas, for CSV and TSV files without a header row",
	"quotes":           "whether quotes around fields count in CSV and TSV: auto (CSV only), on or off",
	"unlabeled":        "take a class number -1 for no label, as train --unlabeled does; else it is a class, unless the names of the classes are given",
	"row_ids":          "write the columns row_id, copy and audit too",
	"row_group_rows":   "`ROWS` of a Parquet row group",
}

func convertCommand(e Env) *cli.Command {
	given := defaultConversion()
	flags := structFlags(&given, conversionUsages)
	return &cli.Command{
		Name: "convert", Usage: "rewrite a data set in another format", ArgsUsage: "IN... OUT", Flags: flags,
		Description: "IN is a file, a pattern, a folder, a split of a folder (FOLDER/train), or - for standard input;\n" +
			"OUT is a file, or - for standard output. Texts, labels, tokens, tags and spans are kept; other\n" +
			"columns are not. Class names go into text formats, numbers with ClassLabel metadata into the others.",
		Action: func(c *cli.Context) error {
			paths := c.Args().Slice()
			if len(paths) < 2 {
				return usage("convert takes what to read and what to write: ortrain convert IN... OUT")
			}
			ctx, i := e.interrupts(c.Context)
			defer i.close()
			return interrupted(ctx, convert(ctx, e, given, paths[:len(paths)-1], paths[len(paths)-1]), "")
		},
	}
}

func defaultConversion() conversion {
	return conversion{LabelType: "auto", Quotes: "auto", GroupRows: 8192}
}

func convert(ctx context.Context, e Env, c conversion, in []string, out string) (err error) {
	if err := writable("the output", out, false); err != nil {
		return err
	}
	set, memory, err := c.open(ctx, e, in, out)
	if err != nil {
		return err
	}
	f, err := c.create(e, set, in, out, memory)
	if err != nil {
		return err
	}
	defer func() { err = first(err, f.Close()) }()
	rows, err := copyRows(ctx, set.Rows(), f)
	if err != nil {
		return err
	}
	if err := f.Commit(ctx); err != nil {
		return err
	}
	report := e.Stdout
	if out == sink.Stdout {
		report = e.Stderr
	}
	fmt.Fprintf(report, "%s: %d rows", out, rows)
	if n := len(set.Names()); n > 0 {
		fmt.Fprintf(report, ", %d classes", n)
	}
	fmt.Fprintln(report)
	return nil
}
