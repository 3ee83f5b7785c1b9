package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
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
	"row_ids":          "write the columns row_id, copy and audit too",
	"row_group_rows":   "`ROWS` of a Parquet row group",
}

func convertCommand(e Env) *cli.Command {
	given := defaultConversion()
	var flags []cli.Flag
	for _, o := range flatten(reflect.ValueOf(&given).Elem()) {
		text := conversionUsages[o.name]
		if text == "" {
			text = usages[o.name]
		}
		flags = append(flags, &cli.GenericFlag{Name: o.name, Usage: text, Value: &fieldFlag{o.value}, DefaultText: show(o.value)})
	}
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

// sourceOptions turns the options into those of reading.
func (c conversion) sourceOptions(e Env) (source.Options, error) {
	kind, ok := labelTypes[c.LabelType]
	if c.LabelType == "auto" {
		kind, ok = sample.ClassLabel, true
	}
	if !ok {
		return source.Options{}, usage("--label_type %s; expected one of auto, none, class, multi, value, tags, span", c.LabelType)
	}
	quotes, ok := map[string]source.Quotes{"auto": source.QuotesAuto, "on": source.QuotesOn, "off": source.QuotesOff}[c.Quotes]
	if !ok {
		return source.Options{}, usage("--quotes %s; expected auto, on or off", c.Quotes)
	}
	out := source.Options{
		Columns: source.Columns{Text: c.TextColumn, Pair: c.TextPairColumn, Label: c.LabelColumn, Tokens: c.TokensColumn, Tags: c.TagsColumn},
		Kind:    kind, Optional: true, Format: c.From, Quotes: quotes, Stdin: e.Stdin, Memory: new(record.Allocator),
	}
	if c.ColumnNames != "" {
		out.Header = strings.Split(c.ColumnNames, ",")
	}
	if c.SpanColumns != "" {
		if out.Columns.Start, out.Columns.End, ok = strings.Cut(c.SpanColumns, ","); !ok {
			return out, usage("--span_columns %s; START,END is expected", c.SpanColumns)
		}
	}
	if c.LabelType == "auto" {
		switch {
		case c.TokensColumn != "" || c.TagsColumn != "":
			out.Kind = sample.TagLabel
		case c.SpanColumns != "":
			out.Kind = sample.SpanLabel
		}
	}
	if c.LabelNames != "" {
		var err error
		if out.Names, err = source.ReadNames(c.LabelNames); err != nil {
			return out, err
		}
	}
	return out, nil
}

// openData opens the data; where nobody says what the labels are, tokens with
// tags are found too.
func (c conversion) openData(ctx context.Context, paths []string, opts source.Options) (*source.Set, error) {
	set, err := source.Open(ctx, paths, opts)
	if c.LabelType != "auto" || opts.Kind != sample.ClassLabel || !errors.Is(err, source.ErrNoColumn) || c.TextColumn != "" {
		return set, err
	}
	opts.Kind = sample.TagLabel
	if tagged, second := source.Open(ctx, paths, opts); second == nil {
		return tagged, nil
	}
	return nil, err
}

func convert(ctx context.Context, e Env, c conversion, in []string, out string) (err error) {
	opts, err := c.sourceOptions(e)
	if err != nil {
		return err
	}
	if err := notAmong(in, out); err != nil {
		return err
	}
	set, err := c.openData(ctx, in, opts)
	if err != nil {
		return err
	}
	to := c.To
	if to != "" {
		to = "." + strings.TrimPrefix(to, ".")
	}
	f, err := sink.Create(out, sink.Options{Format: to, Names: set.Names(), Trail: c.Trail, GroupRows: c.GroupRows, Stdout: e.Stdout, Memory: opts.Memory})
	if err != nil {
		return err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	rows, err := pour(ctx, set, f)
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

// notAmong keeps a file from being read while it is replaced.
func notAmong(in []string, out string) error {
	target, err := os.Stat(out)
	if err != nil {
		return nil // a new file
	}
	for _, path := range in {
		found, _ := filepath.Glob(path)
		for _, file := range append(found, path) {
			if info, err := os.Stat(file); err == nil && os.SameFile(info, target) {
				return usage("%s is read and written; choose another name for the output", out)
			}
		}
	}
	return nil
}

// pour writes all rows of a set and returns how many there were.
func pour(ctx context.Context, set *source.Set, f *sink.File) (rows int, err error) {
	src := set.Rows()
	defer func() {
		if closing := src.Close(); err == nil {
			err = closing
		}
	}()
	for {
		b, err := src.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += b.Len()
		err = f.Write(ctx, b)
		b.Release()
		if err != nil {
			return rows, err
		}
	}
}
