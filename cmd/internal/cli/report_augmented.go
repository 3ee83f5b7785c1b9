package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/ortrain/report"
	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// augmentReport is what augment --report_file writes.
type augmentReport struct {
	// Rows that were read, and copies that were made of them.
	Rows    int64           `json:"rows"`
	Copies  int64           `json:"copies"`
	Samples []augmentSample `json:"samples"`

	original sample.Example
	kinds    map[string]int
}

// augmentSample is a text before and after, and what was done to it.
type augmentSample struct {
	Row    uint64 `json:"row"`
	Before string `json:"before"`
	After  string `json:"after"`
	How    string `json:"how"`
}

// Samples are taken of every combination of operators, some of each.
const (
	samplesEach = 4
	mostSamples = 40
)

// see takes a row on its way out: copies follow their example.
func (r *augmentReport) see(ex sample.Example) {
	if ex.Copy == 0 {
		r.Rows++
		r.original = ex
		r.original.Text, r.original.Pair = strings.Clone(ex.Text), strings.Clone(ex.Pair)
		return
	}
	r.Copies++
	kind := operators(ex.Audit)
	if ex.Row != r.original.Row || kind == "" || r.kinds[kind] >= samplesEach || len(r.Samples) >= mostSamples {
		return
	}
	if r.kinds == nil {
		r.kinds = make(map[string]int)
	}
	r.kinds[kind]++
	r.Samples = append(r.Samples, augmentSample{ex.Row, whole(r.original), strings.Clone(whole(ex)), strings.Clone(ex.Audit)})
}

// seeAll takes the rows of a batch.
func (r *augmentReport) seeAll(b *record.Batch) {
	for _, ex := range b.Examples() {
		r.see(ex)
	}
}

// seen shows rows to a report on their way.
type seen struct {
	pipeline.Source[*record.Batch]
	report *augmentReport
}

// Next implements pipeline.Source.
func (s seen) Next(ctx context.Context) (*record.Batch, error) {
	b, err := s.Source.Next(ctx)
	if err == nil {
		s.report.seeAll(b)
	}
	return b, err
}

// whole is the text of an example with its pair.
func whole(ex sample.Example) string { return strings.TrimSpace(ex.Text + " " + ex.Pair) }

// operators are the names of those in an audit.
func operators(audit string) string {
	var names []string
	for part := range strings.SplitSeq(audit, "; ") {
		name, _, _ := strings.Cut(part, ":")
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// readAugmented reads samples, or draws those that the first epoch of a run
// begins with.
func readAugmented(ctx context.Context, path string, run Run) ([]report.Pair, error) {
	var r augmentReport
	switch {
	case path != "":
		if err := readJSON(path, &r); err != nil {
			return nil, fail(ExitData, fmt.Errorf("--augmented: %w", err), "give the --report_file of ortrain augment")
		}
	case run.Augment != "":
		if err := r.draw(ctx, run); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, augment.ErrPack) {
			return nil, err
		}
	}
	var out []report.Pair
	for _, s := range r.Samples {
		out = append(out, report.Pair{Before: s.Before, After: s.After, How: s.How})
	}
	return out, nil
}

// drawnRows are looked at for samples of what training draws.
const drawnRows = 400

// draw makes the copies that the first epoch of a run has.
func (r *augmentReport) draw(ctx context.Context, run Run) error {
	p, err := readPolicy(run.Augment)
	if err != nil {
		return err
	}
	p.Audit = true
	runner, err := newRunner(p, run.PacksDir, augment.Options{Seed: run.Training.Seed, Outside: -1})
	if err != nil {
		return err
	}
	cleaned, err := editor(run)
	if err != nil {
		return err
	}
	set, err := source.Open(ctx, []string{run.TrainFile}, source.Options{
		Columns: source.Columns{Text: run.TextColumn, Pair: run.TextPairColumn}, Kind: sample.NoLabel,
	})
	if err != nil {
		return err
	}
	return eachExample(ctx, set, func(ex sample.Example) error {
		if r.Rows == drawnRows {
			return errEnough
		}
		if ex.Text, err = cleaned(ex.Text); err != nil {
			return err
		}
		r.see(ex)
		drawn, err := runner.Draw(ex, 0)
		if err == nil && drawn.Text+drawn.Pair != ex.Text+ex.Pair {
			drawn.Copy = 1
			r.see(drawn)
		}
		return err
	})
}

// editor is what the cleaning of a run does to a text.
func editor(run Run) (func(string) (string, error), error) {
	if run.Clean == "" || run.Clean == noCleaning {
		return func(text string) (string, error) { return text, nil }, nil
	}
	recipe, err := readRecipe(run.Clean)
	if err != nil {
		return nil, err
	}
	cleaner, err := clean.New(clean.Config{Recipe: recipe, OnlyEdits: true})
	if err != nil {
		return nil, err
	}
	return cleaner.Text, nil
}
