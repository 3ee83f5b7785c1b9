package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/cmd/internal/guess"
	"github.com/ortrain/ortrain/ortrain/model"
	"github.com/ortrain/ortrain/ortrain/ort"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// initOptions are the options of init.
type initOptions struct {
	data, validation, test, task, output, dir, model string
	text, pair, label                                string
}

func initCommand(e Env) *cli.Command {
	var o initOptions
	text := func(name, usage, value string, to *string, aliases ...string) cli.Flag {
		return &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage, Value: value, Destination: to}
	}
	return &cli.Command{
		Name: "init", Usage: "write a recipe that fits a data set, with comments", ArgsUsage: " ",
		Description: "What columns are for is guessed from their values; the comments say why, and what could not be decided.",
		Flags: []cli.Flag{
			text("data", "`FILE` with the rows, or several with commas between", "", &o.data),
			text("validation_file", "`FILE` to validate on, if it is not to be cut off", "", &o.validation),
			text("test_file", "`FILE` to test on, if it is not to be cut off", "", &o.test),
			text("task", "what to learn: classification", "classification", &o.task),
			text("output", "`FILE` to write; it must not be there yet", "recipe.yaml", &o.output),
			text("output_dir", "`FOLDER` that the recipe is going to fill", "out", &o.dir, "out"),
			text("model_name_or_path", usages["model_name_or_path"]+" (default: the one that make deps brings)", "", &o.model, "model"),
			text("text_column", "`COLUMN` of the text, if it is not to be guessed", "", &o.text),
			text("text_pair_column", usages["text_pair_column"], "", &o.pair),
			text("label_column", "`COLUMN` of the label, if it is not to be guessed", "", &o.label),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 0 {
				return usage("init takes no argument; the file goes behind --data, as in: ortrain init --data %s", c.Args().First())
			}
			ctx, signals := e.interrupts(c.Context)
			defer signals.close()
			return interrupted(ctx, initRecipe(ctx, e, o), "nothing was written")
		},
	}
}

// initRecipe writes the recipe.
func initRecipe(ctx context.Context, e Env, o initOptions) error {
	if err := must("data", o.data); err != nil {
		return err
	}
	if o.task != "classification" {
		return usage("--task is %q; classification is expected, the only one that this version writes recipes for", o.task)
	}
	if _, err := os.Lstat(o.output); err == nil {
		return fail(ExitUsage, fmt.Errorf("%s is there already", o.output), "choose another name with --output, or remove it")
	}
	if err := writable("--output", o.output, false); err != nil {
		return err
	}
	d := &draft{opts: o}
	if err := d.look(ctx); err != nil {
		return err
	}
	if err := d.findModel(); err != nil {
		return err
	}
	if err := d.measure(ctx); err != nil {
		return err
	}
	if err := writeFile(o.output, []byte(d.text())); err != nil {
		return err
	}
	for _, question := range d.roles.Open {
		fmt.Fprintf(e.Stderr, "undecided: %s\n", question)
	}
	fmt.Fprintf(e.Stdout, "%s: %s rows, text in %s, %d labels in %s\nlook at it, then: ortrain plan %s, and: ortrain run %s\n",
		o.output, thousands(d.shape.Rows), orUnknown(d.roles.Text), len(d.shape.Classes), orUnknown(d.roles.Label), o.output, o.output)
	return nil
}

func orUnknown(name string) string {
	if name == "" {
		return "no column yet"
	}
	return name
}

// draft is a recipe that is being found out.
type draft struct {
	opts     initOptions
	header   []string // of files without a header row
	roles    guess.Roles
	shape    guess.Shape
	settings guess.Settings
	model    string
	modelWhy string
	// measured says how lengths were found.
	measured string
	tok      *tokenize.Tokenizer
	// unlabelled rows.
	unlabelled int64
	foreign    float64 // share of the letters that are of another script than Latin
}

// peekRows is how many rows columns are judged by, lengthRows how many lengths
// are measured.
const peekRows, lengthRows = 20_000, 20_000

// look finds the roles of the columns.
func (d *draft) look(ctx context.Context) error {
	first := split(d.opts.data)[0]
	p, err := source.Peek(ctx, first, source.Options{}, peekRows)
	if err != nil {
		return err
	}
	if guess.Headless(p) {
		for i := range p.Columns {
			d.header = append(d.header, "column"+strconv.Itoa(i+1))
		}
		if p, err = source.Peek(ctx, first, source.Options{Header: d.header}, peekRows); err != nil {
			return err
		}
	}
	d.roles = guess.Columns(p, guess.Roles{Text: d.opts.text, Pair: d.opts.pair, Label: d.opts.label})
	if d.header != nil {
		d.roles.Open = append(d.roles.Open, "the first row looks like data, so the columns were given the names "+strings.Join(d.header, ", ")+"; is there really no header row?")
	}
	return nil
}

// defaultModel is what make deps brings, by its folder and by its name on the
// hub.
const (
	defaultModelFolder = "all-MiniLM-L6-v2"
	defaultModel       = "sentence-transformers/all-MiniLM-L6-v2"
)

// findModel settles the model and opens its tokenizer if it is on disk.
func (d *draft) findModel() error {
	d.model, d.modelWhy = d.opts.model, "as given"
	if d.model == "" {
		d.model, d.modelWhy = defaultModel, "small and quick, for English; it is downloaded from the hub"
		if dir, err := ort.DepsDir(); err == nil {
			if path := filepath.Join(dir, "models", defaultModelFolder); isFile(filepath.Join(path, "config.json")) {
				d.model, d.modelWhy = path, "small and quick, for English; make deps brought it"
			}
		}
	}
	config, err := model.ReadConfig(d.model)
	if errors.Is(err, os.ErrNotExist) && !isFolder(d.model) && (hubName(d.model) || d.opts.model == "") {
		if near := nearestPath(d.model); near != "" && d.opts.model != "" {
			d.roles.Open = append(d.roles.Open, fmt.Sprintf("there is no folder %s, so it is taken for the name of a model on the hub; did you mean the folder %s?", d.model, near))
		}
		return nil // on the hub; it is not asked here
	}
	if errors.Is(err, os.ErrNotExist) && !isFolder(d.model) {
		return noModel("--model_name_or_path", d.model)
	}
	if err != nil {
		return fail(ExitData, fmt.Errorf("--model_name_or_path: %w", err), "a model folder holds config.json, model.safetensors and tokenizer.json or vocab.txt")
	}
	d.shape.Positions, d.shape.Hidden, d.shape.Layers = int(config.MaxPositionEmbeddings), int(config.HiddenSize), int(config.NumHiddenLayers)
	d.tok, err = tokenize.Open(d.model)
	return err
}

// measure goes through the rows.
func (d *draft) measure(ctx context.Context) (err error) {
	if d.tok != nil {
		defer func() { err = errors.Join(err, d.tok.Close()) }()
	}
	d.shape.Memory, d.shape.Classes = freeMemory(), make(map[string]int64)
	if d.roles.Text == "" {
		d.settings = guess.Settle(d.shape)
		return nil
	}
	kind := sample.ClassLabel
	if d.roles.Label == "" {
		kind = sample.NoLabel
	}
	set, err := source.Open(ctx, split(d.opts.data), source.Options{
		Columns: source.Columns{Text: d.roles.Text, Pair: d.roles.Pair, Label: d.roles.Label}, Kind: kind, Optional: true, Header: d.header,
	})
	if err != nil {
		return err
	}
	if err := d.rows(ctx, set); err != nil {
		return err
	}
	d.measured = "counted by the model's tokenizer"
	if d.tok == nil {
		d.measured = "estimated from words, since the model is not on disk"
	}
	if d.foreign > 0.3 && d.opts.model == "" {
		d.roles.Open = append(d.roles.Open, fmt.Sprintf("%.0f %% of the letters are not Latin, and the model knows English; name a model of the language as model_name_or_path", 100*d.foreign))
	}
	small := 0
	for _, n := range d.shape.Classes {
		if n < 10 {
			small++
		}
	}
	d.askAboutLabels()
	if small > 0 {
		d.roles.Open = append(d.roles.Open, fmt.Sprintf("%d of %d labels have less than 10 rows: too few to learn and to judge; are they meant?", small, len(d.shape.Classes)))
	}
	shape := d.shape
	shape.Rows = d.toTrain()
	d.settings = guess.Settle(shape)
	return nil
}

// toTrain is how many rows training takes: those with a label, where there are
// labels.
func (d *draft) toTrain() int64 {
	if d.roles.Label == "" {
		return d.shape.Rows
	}
	return d.shape.Rows - d.unlabelled
}

// askAboutLabels asks what training would otherwise stumble over.
func (d *draft) askAboutLabels() {
	ask := func(format string, args ...any) {
		d.roles.Open = append(d.roles.Open, fmt.Sprintf(format, args...))
	}
	n := len(d.shape.Classes)
	_, minus := d.shape.Classes["-1"]
	switch {
	case d.roles.Label == "":
	case n == 0:
		ask("no row has a label in %s, and training needs two different ones; is it the right column?", d.roles.Label)
	case n == 1:
		ask("all rows with a label in %s have the same, and training needs two different ones; is it the right column?", d.roles.Label)
	case minus && d.unlabelled > 0:
		ask("beside rows without a label -1 is no label either; if it is a class, give it another name in the data")
	}
}

// rows counts rows and labels, and measures the first texts.
func (d *draft) rows(ctx context.Context, set *source.Set) (err error) {
	var letters, foreign int
	err = eachExample(ctx, set, func(ex sample.Example) error {
		d.shape.Rows++
		if ex.Label.Kind == sample.ClassLabel {
			d.shape.Classes[set.Names()[ex.Label.Int[0]]]++
		} else {
			d.unlabelled++
		}
		if len(d.shape.Lengths) == lengthRows {
			return nil
		}
		d.shape.Lengths = append(d.shape.Lengths, d.length(ex))
		for _, r := range ex.Text {
			if unicode.IsLetter(r) {
				letters++
				if !unicode.Is(unicode.Latin, r) {
					foreign++
				}
			}
		}
		return nil
	})
	d.foreign = float64(foreign) / float64(max(letters, 1))
	return err
}

// length is that of a row in tokens.
func (d *draft) length(ex sample.Example) int {
	if d.tok != nil {
		o := tokenize.Options{MaxLength: 1 << 20, Truncation: tokenize.LongestFirst}
		if ex.HasPair {
			if enc, err := d.tok.EncodePair(ex.Text, ex.Pair, o); err == nil {
				return len(enc.IDs)
			}
		} else if enc, err := d.tok.Encode(ex.Text, o); err == nil {
			return len(enc.IDs)
		}
	}
	return len(strings.Fields(ex.Text+" "+ex.Pair))*13/10 + 2
}

// freeMemory is what this machine has left, 0 where it does not say. Units:
// bytes.
func freeMemory() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
