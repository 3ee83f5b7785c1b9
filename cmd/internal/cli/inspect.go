package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/inspect"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// inspection holds the options of inspect.
type inspection struct {
	conversion `yaml:",inline"`

	ValidationFile  string  `yaml:"validation_file"`
	TestFile        string  `yaml:"test_file"`
	ModelNameOrPath string  `yaml:"model_name_or_path"`
	Revision        string  `yaml:"revision"`
	TokenizerName   string  `yaml:"tokenizer_name"`
	MaxSeqLength    int     `yaml:"max_seq_length"`
	Near            float64 `yaml:"near_duplicates"`
	Samples         int     `yaml:"samples"`
	ListRows        int     `yaml:"list_rows"`
	CompareRows     int     `yaml:"compare_rows"`
	Plot            string  `yaml:"plot"`
	Format          string  `yaml:"format"`
	Workers         int     `yaml:"dataloader_num_workers"`
}

// inspectUsages says what the options of inspect do that convert does not have.
var inspectUsages = map[string]string{
	"validation_file":        "`FILE` to validate on: inspected too, and compared with IN",
	"test_file":              "`FILE` to test on: inspected too, and compared with IN and the validation file",
	"model_name_or_path":     "`FOLDER` or hub name of a model, to count tokens too",
	"max_seq_length":         "longest sequence in `TOKENS`, to say how many rows would be cut; 0 means any",
	"near_duplicates":        "look for rows of at least this `SIMILARITY` to one before (0.85 is usual), in one more reading; 0 does not",
	"samples":                "`ROWS` that are shown of every finding",
	"list_rows":              "`ROWS` whose ids are listed of every finding, in JSON",
	"compare_rows":           "different `TEXTS` of a file to compare, 32 bytes each; of more, duplicates and leakage are estimated from a part",
	"plot":                   "draw lengths and classes into `FILE`, an SVG",
	"format":                 "of what is printed: text, or json for one object",
	"dataloader_num_workers": "`GOROUTINES` that look at texts",
}

// notInspected are options of convert about its output.
var notInspected = []string{"to", "row_ids", "row_group_rows"}

func defaultInspection() inspection {
	o := inspect.Default()
	return inspection{
		conversion: defaultConversion(), MaxSeqLength: o.MaxLength, Samples: o.Texts, ListRows: o.List, CompareRows: o.Compare,
		Format: formatText, Workers: min(4, runtime.GOMAXPROCS(0)),
	}
}

// The values of --format.
const formatText, formatJSON = "text", "json"

func inspectCommand(e Env) *cli.Command {
	given := defaultInspection()
	flags := slices.DeleteFunc(structFlags(&given, inspectUsages, conversionUsages), func(f cli.Flag) bool {
		return slices.Contains(notInspected, f.Names()[0])
	})
	return &cli.Command{
		Name: "inspect", Usage: "show what a data set holds, and what is wrong with it", ArgsUsage: "IN...", Flags: flags,
		Description: "IN is as that of convert. Shows columns, classes, lengths, duplicates, texts with several labels, rows\n" +
			"that validation or test file share with IN, and odd texts: empty, read in a wrong encoding, with control\n" +
			"characters. Rows have the ids that predictions and audits have: they count from 0 over all files.",
		Action: func(c *cli.Context) error {
			if c.Args().Len() == 0 {
				return usage("inspect takes what to read: ortrain inspect IN...")
			}
			ctx, i := e.interrupts(c.Context)
			defer i.close()
			return interrupted(ctx, given.run(ctx, e, c.Args().Slice()), "")
		},
	}
}

// validate returns all faults of the options that are inspect's own.
func (o inspection) validate() error {
	var faults []error
	if o.Format != formatText && o.Format != formatJSON {
		faults = append(faults, usage("--format is %q; text or json is expected", o.Format))
	}
	if ext := filepath.Ext(o.Plot); o.Plot != "" && ext != ".svg" {
		faults = append(faults, usage("--plot %s: plots are drawn as SVG; a name that ends in .svg is expected", o.Plot))
	}
	if err := o.options(nil, nil).Validate(); err != nil {
		faults = append(faults, fail(ExitUsage, err, ""))
	}
	return errors.Join(faults...)
}

// options are the library's. Without a tokenizer no tokens are counted.
func (o inspection) options(tok *tokenize.Tokenizer, memory *record.Allocator) inspect.Options {
	out := inspect.Options{
		Workers: max(1, o.Workers), Texts: o.Samples, List: o.ListRows, Compare: o.CompareRows,
		MaxLength: o.MaxSeqLength, Near: o.Near, Memory: memory,
	}
	if tok != nil {
		out.Tokens = func(ex *sample.Example) (int, error) {
			encoding, err := tok.Encode(ex.Text, tokenize.Options{})
			if ex.HasPair {
				encoding, err = tok.EncodePair(ex.Text, ex.Pair, tokenize.Options{})
			}
			return len(encoding.IDs), err
		}
	}
	return out
}

// inspected is all that is shown. In JSON it is one object.
type inspected struct {
	Version string           `json:"ortrain_version"`
	Inputs  []inspectedInput `json:"inputs"`
	*inspect.Report
}

// run inspects IN, and the files to validate and test on.
func (o inspection) run(ctx context.Context, e Env, in []string) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	tok, err := o.tokenizer(ctx, e)
	if err != nil {
		return err
	}
	if tok != nil {
		defer func() { err = first(err, tok.Close()) }()
	}
	memory := new(record.Allocator)
	all, err := o.openAll(ctx, e, in, memory)
	if err != nil {
		return err
	}
	sets := make([]inspect.Set, len(all))
	for i, input := range all {
		sets[i] = input.set()
	}
	out := inspected{Version: Version}
	if out.Report, err = inspect.Look(ctx, o.options(tok, memory), sets...); err != nil {
		return err
	}
	for i, input := range all {
		if out.Sets[i].Rows == 0 {
			return input.none()
		}
		out.Inputs = append(out.Inputs, input.inspectedInput)
	}
	return o.show(e, out)
}

// tokenizer opens the one that is asked for; nil if none is.
func (o inspection) tokenizer(ctx context.Context, e Env) (*tokenize.Tokenizer, error) {
	path := o.TokenizerName
	switch {
	case path == "" && o.ModelNameOrPath == "":
		return nil, nil
	case path == "":
		f := &folder{path: o.ModelNameOrPath}
		if err := f.locate(ctx, e, Run{ModelNameOrPath: o.ModelNameOrPath, Revision: o.Revision}); err != nil {
			return nil, err
		}
		path = f.path
	}
	t, err := tokenize.Open(path)
	return t, fail(ExitData, err, "")
}

// openAll opens what is read. A file without the columns of texts has its
// columns shown all the same.
func (o inspection) openAll(ctx context.Context, e Env, in []string, memory *record.Allocator) ([]*input, error) {
	opts, err := o.sourceOptions(e, in, "")
	if err != nil {
		return nil, err
	}
	opts.Memory = memory
	set, err := o.openData(ctx, in, opts)
	if err != nil {
		if p, second := source.Peek(ctx, in[0], opts, inspectedRows); second == nil && o.Format == formatText && errors.Is(err, source.ErrNoColumn) {
			var b strings.Builder
			writeColumns(&b, columnsOf(p, source.Columns{}))
			_, _ = io.WriteString(e.Stdout, b.String()) // the error is what counts
		}
		return nil, err
	}
	data, err := newInput(ctx, "data", set)
	if err != nil {
		return nil, err
	}
	all := []*input{data}
	for _, more := range []struct{ name, path string }{{"validation", o.ValidationFile}, {"test", o.TestFile}} {
		if more.path == "" {
			continue
		}
		// As in training: by the same columns and classes.
		opts := opts
		opts.Kind, opts.Names, opts.Format = set.Kind(), set.Names(), formatOf(o.From, more.path, "")
		set, err := o.openData(ctx, []string{more.path}, opts)
		if err != nil {
			return nil, err
		}
		next, err := newInput(ctx, more.name, set)
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, nil
}

// show prints and draws.
func (o inspection) show(e Env, out inspected) error {
	if o.Plot != "" {
		svg, err := inspectedPlot(out.Report)
		if err != nil {
			return err
		}
		if err := writeFile(o.Plot, svg); err != nil {
			return err
		}
	}
	if o.Format == formatJSON {
		w := json.NewEncoder(e.Stdout)
		w.SetEscapeHTML(false)
		w.SetIndent("", " ")
		return w.Encode(out)
	}
	_, err := io.WriteString(e.Stdout, inspectedText(out))
	return err
}
