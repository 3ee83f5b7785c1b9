package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// FileOptions are the options that commands from file to file share. Like those
// of Run, their yaml keys are the names of flags and environment variables.
type FileOptions struct {
	Input        string `yaml:"input"`
	InputFormat  string `yaml:"input_format"`
	Output       string `yaml:"output"`
	OutputFormat string `yaml:"output_format"`
	TextColumn   string `yaml:"text_column"`
	PairColumn   string `yaml:"text_pair_column"`
	LabelColumn  string `yaml:"label_column"`
	TokensColumn string `yaml:"tokens_column"`
	TagsColumn   string `yaml:"tags_column"`
	SpanColumns  string `yaml:"span_columns"`
	LabelType    string `yaml:"label_type"`
	Workers      int    `yaml:"dataloader_num_workers"`
	Quiet        bool   `yaml:"quiet"`
}

// labelTypes are the values of --label_type.
var labelTypes = map[string]sample.LabelKind{
	"none": sample.NoLabel, "class": sample.ClassLabel, "multi": sample.MultiLabel,
	"value": sample.ValueLabel, "tags": sample.TagLabel, "span": sample.SpanLabel,
}

// structCommand returns a command over the fields of a struct, which make
// returns with its defaults: flags over environment over defaults.
func structCommand[T any](e Env, name, text string, defaults func() *T, action func(context.Context, Env, T) error) *cli.Command {
	given := defaults()
	var flags []cli.Flag
	for _, o := range flatten(reflect.ValueOf(given).Elem()) {
		meaning, own := usages[name+" "+o.name]
		if !own {
			meaning = usages[o.name]
		}
		f := &cli.GenericFlag{Name: o.name, Usage: meaning, Value: &fieldFlag{o.value}, DefaultText: show(o.value)}
		if o.value.Kind() == reflect.Bool {
			flags = append(flags, switchFlag{f})
		} else {
			flags = append(flags, f)
		}
	}
	return &cli.Command{
		Name: name, Usage: text, Flags: flags,
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 0 {
				return usage("%s takes no argument; %q is one too many", name, c.Args().First())
			}
			resolved := defaults()
			from := flatten(reflect.ValueOf(given).Elem())
			for i, o := range flatten(reflect.ValueOf(resolved).Elem()) {
				if c.IsSet(o.name) {
					o.value.Set(from[i].value)
				} else if text := e.Getenv(environmentPrefix + strings.ToUpper(o.name)); text != "" {
					if err := set(o.value, text); err != nil {
						return usage("%s%s: %w", environmentPrefix, strings.ToUpper(o.name), err)
					}
				}
			}
			ctx, i := e.interrupts(c.Context)
			defer i.close()
			return interrupted(ctx, action(ctx, e, *resolved), "nothing was written")
		},
	}
}

// environmentPrefix begins the names of environment variables.
const environmentPrefix = "ORTRAIN_"

// split cuts a list at its commas.
func split(list string) []string {
	var out []string
	for _, part := range strings.Split(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// columns returns the mapping of the options.
func (f FileOptions) columns() (source.Columns, error) {
	c := source.Columns{Text: f.TextColumn, Pair: f.PairColumn, Label: f.LabelColumn, Tokens: f.TokensColumn, Tags: f.TagsColumn}
	switch spans := split(f.SpanColumns); len(spans) {
	case 0:
	case 2:
		c.Start, c.End = spans[0], spans[1]
	default:
		return c, usage("--span_columns is %q; two names with a comma between are expected: START,END", f.SpanColumns)
	}
	return c, nil
}

// open opens the input. With --label_type auto the columns that are named, or
// are there, say what the labels are.
func (f FileOptions) open(ctx context.Context, e Env, memory *record.Allocator) (*source.Set, error) {
	columns, err := f.columns()
	if err != nil {
		return nil, err
	}
	options := source.Options{Columns: columns, Optional: true, Format: f.InputFormat, Stdin: e.Stdin, Memory: memory}
	options.Kind = sample.ClassLabel
	switch kind, known := labelTypes[f.LabelType]; {
	case known:
		options.Kind = kind
	case f.LabelType != "auto":
		return nil, usage("--label_type is %q; auto, none, class, multi, value, tags or span is expected", f.LabelType)
	case columns.Start != "":
		options.Kind = sample.SpanLabel
	case columns.Tokens != "" || columns.Tags != "":
		options.Kind = sample.TagLabel
	}
	set, err := source.Open(ctx, split(f.Input), options)
	if f.LabelType == "auto" && options.Kind == sample.ClassLabel && columns.Text == "" && errors.Is(err, source.ErrNoColumn) {
		options.Kind = sample.TagLabel
		if tagged, again := source.Open(ctx, split(f.Input), options); again == nil {
			return tagged, nil
		}
	}
	if f.LabelType == "auto" && errors.Is(err, source.ErrType) {
		return nil, fail(ExitData, err, "say what the labels are: --label_type value, multi or none")
	}
	return set, err
}

// create begins the output, in the columns of the input.
func (f FileOptions) create(e Env, set *source.Set, memory *record.Allocator) (*sink.File, error) {
	if err := f.apart(set.Paths()); err != nil {
		return nil, err
	}
	c := set.Columns()
	return sink.Create(f.Output, sink.Options{
		Names: set.Names(), Text: c.Text, Pair: c.Pair, Label: c.Label, Tokens: c.Tokens, Tags: c.Tags, Start: c.Start, End: c.End,
		Format: f.OutputFormat, Stdout: e.Stdout, Memory: memory,
	})
}

// apart reports an output that is one of the inputs.
func (f FileOptions) apart(inputs []string) error {
	out, err := os.Stat(f.Output)
	if err != nil {
		return nil // there is no such file yet
	}
	for _, path := range inputs {
		if in, err := os.Stat(path); err == nil && os.SameFile(in, out) {
			return usage("--output is %s, which is read; choose another name", f.Output)
		}
	}
	return nil
}

// left lists the columns of the input that are not carried over.
func left(set *source.Set) []string {
	c := set.Columns()
	taken := []string{c.Text, c.Pair, c.Label, c.Tokens, c.Tags, c.Start, c.End}
	return slices.DeleteFunc(set.Available(), func(name string) bool { return slices.Contains(taken, name) })
}

// beside is a name next to a file: data.parquet, .audit.json → data.audit.json.
func beside(path, ending string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ending
}

// bases are file names without their folders, for what is handed on.
func bases(paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = filepath.Base(path)
	}
	return out
}

// plural is a number with a noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%s %s", thousands(n), one)
	}
	return fmt.Sprintf("%s %s", thousands(n), many)
}
