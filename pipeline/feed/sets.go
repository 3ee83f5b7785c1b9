package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// parts is one data set as this package reads it: stretches of rows, each of
// which can be read without the others.
type parts interface {
	// len is the number of parts, rows that of the rows of one before cleaning.
	len() int
	rows(part int) int
	// read returns the rows of a part, numbered over the whole data set.
	read(ctx context.Context, part int) pipeline.Source[*record.Batch]
}

// dataset is what package source reads: texts, or rows tokenized before.
type dataset interface {
	Kind() sample.LabelKind
	Names() []string
	Parts(ctx context.Context) ([]source.Part, error)
	Read(ctx context.Context, part source.Part) pipeline.Source[*record.Batch]
}

// files is a data set of package source.
type files struct {
	set   dataset
	parts []source.Part
}

func (f files) len() int { return len(f.parts) }

func (f files) rows(part int) int { return f.parts[part].Rows }

func (f files) read(ctx context.Context, part int) pipeline.Source[*record.Batch] {
	return f.set.Read(ctx, f.parts[part])
}

// prepared reports whether the rows of a data set come cleaned and with their
// tokens.
func prepared(set parts) bool {
	f, ok := set.(files)
	if ok {
		_, ok = f.set.(*source.Prepared)
	}
	return ok
}

// findPrepared opens those of the data sets that are prepared files; nil stands
// for other ones.
func findPrepared(ctx context.Context, cfg Config) ([]*source.Prepared, error) {
	if cfg.Rows != nil {
		return nil, nil
	}
	var out []*source.Prepared
	for _, d := range cfg.sets() {
		p, err := source.FindPrepared(ctx, d.Files, source.Options{Memory: cfg.Memory})
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// openSet opens one data set, which may be a prepared file.
func openSet(ctx context.Context, cfg Config, paths, names []string, prepared *source.Prepared) (dataset, error) {
	opts := source.Options{Columns: cfg.Columns, Kind: cfg.Kind, Names: names, Optional: cfg.Optional, MinusOne: cfg.MinusOne, Memory: cfg.Memory}
	if prepared == nil {
		return source.Open(ctx, paths, opts)
	}
	set, err := prepared.With(opts)
	if err != nil {
		return nil, err
	}
	return set, cfg.fits(set)
}

// openSets opens every data set of the configuration, with one list of classes
// for all. ready are those of findPrepared; known are the parts of each, nil to
// look for them.
func openSets(ctx context.Context, cfg *Config, ready []*source.Prepared, known [][]source.Part) ([]parts, error) {
	if cfg.Rows != nil {
		return openRows(cfg)
	}
	open := func(names []string) ([]dataset, error) {
		var sets []dataset
		for i, d := range cfg.sets() {
			set, err := openSet(ctx, cfg.of(d), d.Files, names, ready[i])
			if err != nil {
				return nil, err
			}
			sets = append(sets, set)
		}
		return sets, nil
	}
	sets, err := open(cfg.Names)
	if err != nil {
		return nil, err
	}
	if names, differ := union(sets); differ {
		if sets, err = open(names); err != nil {
			return nil, err
		}
	}
	first := max(slices.IndexFunc(sets, func(set dataset) bool { return set.Kind() != sample.NoLabel }), 0)
	cfg.Kind, cfg.Names = sets[first].Kind(), sets[first].Names()
	if err := cfg.enoughClasses(); err != nil {
		return nil, err
	}
	out := make([]parts, len(sets))
	for i, set := range sets {
		if set.Kind() != cfg.Kind && !cfg.sets()[i].Unlabelled {
			return nil, cfg.withoutLabels(i, first)
		}
		if known != nil {
			out[i] = files{set, known[i]}
			continue
		}
		found, err := set.Parts(ctx)
		if err != nil {
			return nil, err
		}
		out[i] = files{set, found}
	}
	return out, nil
}

// withoutLabels is the error about a data set that has no column of labels beside
// one that has.
func (c Config) withoutLabels(set, beside int) error {
	column, option := cmp.Or(c.Columns.Label, "label"), "label_column"
	if c.Kind == sample.TagLabel {
		column, option = cmp.Or(c.Columns.Tags, "tags"), "tags_column"
	}
	return &source.Error{Path: c.sets()[set].Files[0], Column: column, Err: fmt.Errorf(
		"there is none (in JSON lines: not in the first rows), but %s has labels; name the column with %s, or give the file as one of texts alone, with unlabeled_file: %w",
		c.sets()[beside].Files[0], option, source.ErrNoColumn)}
}

// enoughClasses reports data with a single class, or with none where some are
// needed.
func (c Config) enoughClasses() error {
	fail := func(format string, args ...any) error {
		err := fmt.Errorf(format+": %w", append(args, source.ErrFewClasses)...)
		return &source.Error{Path: c.place(), Column: c.Columns.Label, Err: err}
	}
	switch {
	case c.Kind == sample.ClassLabel && len(c.Names) == 1:
		return fail("all rows have the label %q; two different ones at least are needed, so look whether the column is the right one", c.Names[0])
	case c.Kind == sample.ClassLabel && len(c.Names) == 0 && c.Taught:
		return fail("no row has a label; rows without one teach only beside some that have one")
	case c.Kind == sample.NoLabel && c.Taught:
		return fail("there is no column of labels (in JSON lines: not in the first rows); rows without a label teach only beside some that have one, so name the column with label_column")
	}
	return nil
}

// union returns the classes of all sets and whether a set lacks any. Names that
// are integers go by value, others by their letters.
func union(sets []dataset) (names []string, differ bool) {
	numeric := true
	sets = slices.DeleteFunc(slices.Clone(sets), func(set dataset) bool { return set.Kind() == sample.NoLabel })
	for _, set := range sets {
		differ = differ || !slices.Equal(set.Names(), sets[0].Names())
		for _, name := range set.Names() {
			_, err := strconv.ParseInt(name, 10, 64)
			numeric = numeric && err == nil
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if numeric {
			x, _ := strconv.ParseInt(a, 10, 64)
			y, _ := strconv.ParseInt(b, 10, 64)
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
	return slices.Compact(names), differ
}

// inOrder yields the rows of all parts of a data set.
func inOrder(set parts) pipeline.Source[*record.Batch] {
	c := &concat{src: set}
	return pipeline.New(c.next, c.close)
}

// concat reads the parts of a data set one after another.
type concat struct {
	src  parts
	part int // that is open, or comes next
	open pipeline.Source[*record.Batch]
}

func (c *concat) next(ctx context.Context) (*record.Batch, error) {
	for {
		if c.open == nil {
			if c.part == c.src.len() {
				return nil, io.EOF
			}
			c.open = c.src.read(ctx, c.part)
		}
		batch, err := c.open.Next(ctx)
		if !errors.Is(err, io.EOF) {
			return batch, err
		}
		err = c.open.Close()
		c.open = nil
		c.part++
		if err != nil {
			return nil, err
		}
	}
}

func (c *concat) close() error {
	if c.open == nil {
		return nil
	}
	return c.open.Close()
}
