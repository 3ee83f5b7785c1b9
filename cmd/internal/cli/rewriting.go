package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// What commands that read files and write one (convert, clean, scrub, …) share:
// the options of conversion, how the files are opened and created, and how rows
// go from one to the other.

// structFlags returns a flag for every field of the struct that given points to.
// What they do stands in the first of the tables that says so, else in usages.
func structFlags(given any, tables ...map[string]string) []cli.Flag {
	var flags []cli.Flag
	for _, o := range flatten(reflect.ValueOf(given).Elem()) {
		text := usages[o.name]
		for _, table := range slices.Backward(tables) {
			if own := table[o.name]; own != "" {
				text = own
			}
		}
		f := &cli.GenericFlag{Name: o.name, Usage: text, Value: &fieldFlag{o.value}, DefaultText: show(o.value)}
		if o.value.Kind() == reflect.Bool {
			flags = append(flags, switchFlag{f})
		} else {
			flags = append(flags, f)
		}
	}
	return flags
}

// open opens what is read; out must not be among it.
func (c conversion) open(ctx context.Context, e Env, in []string, out string) (*source.Set, *record.Allocator, error) {
	opts, err := c.sourceOptions(e, in, out)
	if err != nil {
		return nil, nil, err
	}
	if err := notAmong(in, out); err != nil {
		return nil, nil, err
	}
	set, err := c.openData(ctx, in, opts)
	return set, opts.Memory, err
}

// create begins the output, in the columns of the input.
func (c conversion) create(e Env, set *source.Set, in []string, out string, memory *record.Allocator) (*sink.File, error) {
	cols := set.Columns()
	to := formatOf(c.To, out, in[0])
	if to != "" {
		to = "." + strings.TrimPrefix(to, ".")
	}
	return sink.Create(out, sink.Options{
		Format: to, Names: set.Names(), Text: cols.Text, Pair: cols.Pair, Label: cols.Label, Tokens: cols.Tokens, Tags: cols.Tags,
		Start: cols.Start, End: cols.End, Trail: c.Trail, GroupRows: c.GroupRows, Stdout: e.Stdout, Memory: memory,
	})
}

// errEnough ends a reading early.
var errEnough = errors.New("enough was read")

// eachRecord calls do with every batch of a source, which it closes. A batch is
// valid until do returns; errEnough ends it without an error.
func eachRecord(ctx context.Context, rows pipeline.Source[*record.Batch], do func(*record.Batch) error) (err error) {
	defer func() { err = first(err, rows.Close()) }()
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = do(b)
		b.Release()
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// eachExample calls do with every example of a data set, which is valid until do
// returns.
func eachExample(ctx context.Context, set *source.Set, do func(sample.Example) error) error {
	var room []sample.Example
	return eachRecord(ctx, set.Rows(), func(b *record.Batch) error {
		room = b.Into(room)
		for _, ex := range room {
			if err := do(ex); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyRows writes all rows of a source, which it closes, to a file, unless that
// is nil, and returns how many there were.
func copyRows(ctx context.Context, rows pipeline.Source[*record.Batch], file *sink.File) (n int64, err error) {
	err = eachRecord(ctx, rows, func(b *record.Batch) error {
		n += int64(b.Len())
		if file == nil {
			return nil
		}
		return file.Write(ctx, b)
	})
	return n, err
}

// first keeps the error of closing only where there was none before.
func first(err, closing error) error {
	if err != nil {
		return err
	}
	return closing
}

// formatOf is the format that is asked for; else that of standard streams is
// the one of the file at the other end, or JSON lines. Files say themselves what
// they are.
func formatOf(asked, path, other string) string {
	if asked != "" || path != sink.Stdout {
		return asked
	}
	other = strings.TrimSuffix(strings.TrimSuffix(other, ".gz"), ".zst")
	if ext := filepath.Ext(other); slices.Contains(sink.Formats(), ext) {
		return ext
	}
	return ".jsonl"
}

// tagged are the extensions of files whose words have tags.
var tagged = []string{".conll", ".bio", ".iob", ".iob2", ".conllu"}

// sourceOptions turns the options into those of reading.
func (c conversion) sourceOptions(e Env, in []string, to string) (source.Options, error) {
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
		Kind:    kind, Optional: true, MinusOne: c.Unlabeled, Format: formatOf(c.From, in[0], to), Quotes: quotes, Stdin: e.Stdin, Memory: new(record.Allocator),
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
		case slices.Contains(tagged, filepath.Ext(in[0])) || c.TokensColumn != "" || c.TagsColumn != "":
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
	if errors.Is(err, source.ErrType) && c.LabelType == "auto" {
		return nil, fail(ExitData, err, "say what the labels are: --label_type value, multi or none")
	}
	if c.LabelType != "auto" || opts.Kind != sample.ClassLabel || !errors.Is(err, source.ErrNoColumn) || c.TextColumn != "" {
		return set, err
	}
	opts.Kind = sample.TagLabel
	if tagged, second := source.Open(ctx, paths, opts); second == nil {
		return tagged, nil
	}
	return nil, err
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
