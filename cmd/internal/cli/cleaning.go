package cli

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/export"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
)

// cleanReport is the file of a run folder with the counts of cleaning.
const cleanReport = "clean_report.json"

// noCleaning is the value of --clean that leaves texts alone.
const noCleaning = "none"

// cleanSamples is how many rows a report shows of every step.
const cleanSamples = 3

// cleaning is what a run does to texts, and the counts of its parts. A nil one
// does nothing.
type cleaning struct {
	recipe clean.Recipe
	parts  []string
	counts map[string]*clean.Cleaner
}

// readRecipe returns the recipe that --clean names: a preset or a file.
func readRecipe(name string) (clean.Recipe, error) {
	if slices.Contains(clean.Presets(), name) {
		return clean.Preset(name)
	}
	if _, err := os.Stat(name); err != nil && filepath.Ext(name) == "" {
		_, err = clean.Preset(name) // says which there are
		return clean.Recipe{}, usage("--clean: %w", err)
	}
	data, err := readText("--clean", name)
	if err != nil {
		return clean.Recipe{}, err
	}
	recipe, err := clean.ParseRecipe(data)
	if err != nil {
		return recipe, usage("--clean %s: %w", name, err)
	}
	return recipe, nil
}

// openCleaning settles what is done to texts: what the options say, else what
// the model was trained with. The recipe goes along with the model, unless it
// names files, which others lack.
func openCleaning(run Run, f *folder) (*cleaning, error) {
	var recipe clean.Recipe
	var err error
	path := filepath.Join(f.path, export.CleaningFile)
	switch {
	case run.Clean == noCleaning:
		return nil, nil
	case run.Clean != "":
		if recipe, err = readRecipe(run.Clean); err != nil {
			return nil, err
		}
	case f.path != "" && isFile(path):
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fail(ExitData, err, "")
		}
		if recipe, err = clean.ParseRecipe(data); err != nil {
			return nil, fail(ExitData, fmt.Errorf("%s: %w", path, err), "--clean none leaves it out")
		}
	default:
		return nil, nil
	}
	if recipe.Files() == nil {
		if f.files[export.CleaningFile], err = yaml.Marshal(recipe); err != nil {
			return nil, err
		}
	}
	return &cleaning{recipe: recipe, counts: make(map[string]*clean.Cleaner)}, nil
}

// stage is a stage of the pipeline over rows.
type stage = func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch]

// stages returns what cleans a part of the data, and what does the same to rows
// that are read again. Only rows to train on are dropped.
func (c *cleaning) stages(part string, workers int, drop bool) (first, again stage, err error) {
	if c == nil {
		return nil, nil, nil
	}
	cleaner, err := clean.New(clean.Config{Recipe: c.recipe, Samples: cleanSamples, OnlyEdits: !drop})
	if err != nil {
		return nil, nil, err
	}
	editor, err := clean.New(clean.Config{Recipe: c.recipe, OnlyEdits: true})
	if err != nil {
		return nil, nil, err
	}
	c.parts = append(c.parts, part)
	c.counts[part] = cleaner
	over := func(cleaner *clean.Cleaner) stage {
		return func(src pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
			return cleaner.Stage(src, workers)
		}
	}
	return over(cleaner), over(editor), nil
}

// identity says in words what is done: the recipe, what the files it names hold,
// and whether rows are dropped.
func (c *cleaning) identity(drop bool) (string, error) {
	if c == nil {
		return "", nil
	}
	text, err := yaml.Marshal(c.recipe)
	if err != nil {
		return "", err
	}
	for _, path := range c.recipe.Files() {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fail(ExitData, err, "")
		}
		text = fmt.Appendf(text, "# %x\n", sha256.Sum256(data))
	}
	if !drop {
		text = append(text, "# no row is dropped\n"...)
	}
	return string(text), nil
}

// summary says in one line what was done.
func (c *cleaning) summary() string {
	var parts []string
	for _, part := range c.parts {
		r := c.counts[part].Report()
		if r.Rows == 0 {
			parts = append(parts, part+": as before")
			continue
		}
		parts = append(parts, part+": "+summary(r))
	}
	return "cleaning: " + strings.Join(parts, "; ")
}

// summary names the steps that did something.
func summary(r clean.Report) string {
	text := fmt.Sprintf("%s of %s rows kept", thousands(r.Kept), thousands(r.Rows))
	for _, s := range r.Steps {
		switch {
		case s.Dropped > 0:
			text += fmt.Sprintf(", %s dropped %s", s.Use.Step, thousands(s.Dropped))
		case s.Changed > 0:
			text += fmt.Sprintf(", %s changed %s", s.Use.Step, thousands(s.Changed))
		}
	}
	return text
}

// writeReport writes the counts into a run folder.
func (c *cleaning) writeReport(dir string) error {
	if c == nil {
		return nil
	}
	path := filepath.Join(dir, cleanReport)
	before := make(map[string]json.RawMessage)
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, &before) // a damaged report is written anew
	}
	reports := make(map[string]any, len(c.parts))
	for _, part := range c.parts {
		r := c.counts[part].Report()
		reports[part] = r
		// A part that an earlier start of the run has read is not read again.
		if old, ok := before[part]; ok && r.Rows == 0 {
			reports[part] = old
		}
	}
	return writeJSON(path, reports)
}
