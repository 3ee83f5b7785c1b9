package feed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// Config says how to make batches.
type Config struct {
	// Files are the data, or one prepared file; Columns what to read of them. Mix stands in the place
	// of Files when several data sets are mixed.
	Files   []string
	Mix     []Dataset
	Columns source.Columns
	// Rows are the data in the place of files, when the caller holds them: classes
	// named by Names, or no labels. Their Row is set to their place in the slice,
	// which must not change while the Feed is open.
	Rows []sample.Example
	// Kind is the kind of label to read; Names, the classes in order, when a
	// model or other data settles them; Optional, whether labels may be absent: of
	// all rows, or of single ones too unless they are values or several classes;
	// Taught, that every class must have a labelled row where some rows have no
	// label.
	Kind             sample.LabelKind
	Names            []string
	Optional, Taught bool
	// MinusOne says, with Optional, that a class number -1 stands for no label,
	// where nobody names the classes.
	MinusOne bool
	// HeldOut is the share of the rows that Split holds out; 0 holds none out.
	HeldOut float64

	// Tokenizer encodes the texts; the Feed does not close it.
	Tokenizer *tokenize.Tokenizer
	// MaxLength bounds a sequence. Units: tokens, special tokens included.
	MaxLength int
	// Truncation says which text of a pair is cut; with span labels, which text
	// the windows slide over. Stride is how many tokens two windows share.
	Truncation tokenize.Truncation
	Stride     int

	// BatchSize is the number of rows of a batch. MaxTokens, if positive, bounds
	// the tokens of one run of the graph, padded to its longest sequence: a batch
	// that has more comes in several pieces (sample.Batch.More), so the number of
	// batches and of optimizer steps does not depend on it.
	BatchSize, MaxTokens int
	// GroupByLength puts sequences of like length into a batch, within windows
	// of Window batches.
	GroupByLength bool
	Window        int
	// Shuffle orders every epoch anew, from Seed and the epoch's number, within
	// stretches of ShuffleRows rows (rounded up to whole windows) of the permuted
	// parts of the data; 0 stands for 131,072, or as many as have 64 MiB of text.
	Shuffle     bool
	Seed        uint64
	ShuffleRows int

	// Workers is the number of goroutines that tokenize; 0 stands for the number
	// of cores, at most 4. Prefetch is the number of finished batches that wait.
	Workers, Prefetch int
	// CacheBytes bounds the texts and token ids held in memory. Texts beyond it
	// are read from their files again, a shuffle window at a time; tokens beyond
	// it are made anew every epoch.
	CacheBytes int64

	// Rank and World deal the batches of an epoch: this Feed gets those whose
	// number is Rank modulo World. World 0 stands for 1.
	Rank, World int

	// Clean, when set, changes or drops rows after they are read, in order: the
	// place of cleaning. It may judge a row by those before it. Edit changes
	// single rows as Clean does when they are read again, and may drop what Clean
	// drops; nil stands for Clean, which then judges every row by itself.
	Clean, Edit func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch]
	// CleanID says in words what Clean does, for IndexDir and for prepared files:
	// these must have been cleaned so, and Clean passes them over.
	CleanID string
	// Augment, when set, changes rows on their way into training, anew every epoch,
	// on Workers goroutines. What it returns must depend on its arguments alone; it
	// must be safe for concurrent use. Tokens are not kept then. Evaluate passes it
	// over.
	Augment func(ctx context.Context, epoch uint32, ex sample.Example) (sample.Example, error)
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator

	// IndexDir, when set, is a folder for what Open found in data beyond the
	// memory budget, so that it does not read the same data again.
	IndexDir string
}

// Dataset is one of several data sets that are mixed. An epoch has as many rows
// as all together; each set gives a share in proportion to its weight, beginning
// anew when it is used up and going on in the next epoch when it is not. If no
// set has a weight, every row comes once.
type Dataset struct {
	Files  []string
	Weight float64
	// Unlabelled says that only the texts are read.
	Unlabelled bool
}

// of is the configuration for reading one of the data sets.
func (c Config) of(d Dataset) Config {
	if d.Unlabelled {
		c.Kind = sample.NoLabel
	}
	return c
}

// numbers reports whether labels are such that none stands for one that is
// missing.
func (c Config) numbers() bool { return c.Kind == sample.ValueLabel || c.Kind == sample.MultiLabel }

// mayLackLabels reports whether some rows may have a label and others none.
func (c Config) mayLackLabels() bool {
	return c.Kind != sample.NoLabel && (c.Optional || slices.ContainsFunc(c.Mix, func(d Dataset) bool { return d.Unlabelled }))
}

// sets are the data sets, one or several.
func (c Config) sets() []Dataset {
	if c.Mix != nil {
		return c.Mix
	}
	return []Dataset{{Files: c.Files}}
}

// place names the data in errors about all of them.
func (c Config) place() string {
	if c.Rows != nil {
		return "the rows in memory"
	}
	return c.labelled().Files[0]
}

// labelled is the first data set that is not of texts alone, or the first one.
func (c Config) labelled() Dataset {
	sets := c.sets()
	return sets[max(slices.IndexFunc(sets, func(d Dataset) bool { return !d.Unlabelled }), 0)]
}

// edit is the stage for rows that are read again.
func (c Config) edit() func(pipeline.Source[*record.Batch]) pipeline.Source[*record.Batch] {
	if c.Edit != nil {
		return c.Edit
	}
	return c.Clean
}

// DefaultConfig returns the defaults for training: shuffled, grouped batches
// of 8, up to 128 tokens a sequence.
func DefaultConfig() Config {
	return Config{
		Kind: sample.ClassLabel, MaxLength: 128, BatchSize: 8, GroupByLength: true, Window: 64,
		Shuffle: true, Seed: 42, Prefetch: 4, CacheBytes: 256 << 20,
	}
}

// Validate returns all faults of the configuration at once.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("feed: "+format+": %w", append(args, ErrConfig)...))
		}
	}
	check(c.Tokenizer != nil, "no tokenizer is given")
	check(c.BatchSize >= 1, "batch size is %d; at least 1 is needed", c.BatchSize)
	check(c.Window >= 1 || !c.GroupByLength, "window is %d batches; at least 1 is needed to group by length", c.Window)
	check(c.MaxLength >= 1, "maximum length is %d; at least 1 is needed", c.MaxLength)
	check(c.MaxTokens <= 0 || c.MaxTokens >= c.MaxLength, "at most %d tokens in one run, but one sequence may have %d; allow as many", c.MaxTokens, c.MaxLength)
	check(c.Truncation.Check() == nil, "truncation is %q; longest_first, only_first or only_second is expected", string(c.Truncation))
	check(c.Stride >= 0, "stride is %d; it must not be negative", c.Stride)
	check(c.ShuffleRows >= 0, "shuffle window is %d rows; it must not be negative", c.ShuffleRows)
	check(c.CacheBytes >= 0, "memory budget is %d bytes; it must not be negative", c.CacheBytes)
	check(c.Workers >= 0, "workers is %d; it must not be negative", c.Workers)
	check(c.Prefetch >= 0, "prefetch is %d; it must not be negative", c.Prefetch)
	if !(c.HeldOut >= 0 && c.HeldOut < 1) {
		faults = append(faults, fmt.Errorf("feed: a validation split of %g; more than 0 and less than 1 is expected: %w", c.HeldOut, ErrSplit))
	}
	check(c.World >= 0 && c.Rank >= 0 && c.Rank < max(c.World, 1), "rank %d of %d; a rank lies in [0, world)", c.Rank, max(c.World, 1))
	return errors.Join(append(faults, c.validateMix()...)...)
}

// validateMix checks the data sets that are mixed.
func (c Config) validateMix() (faults []error) {
	weights := 0
	if c.Mix != nil && len(c.Mix) == 0 {
		faults = append(faults, fmt.Errorf("feed: Mix names no data set; give one at least, or nil for Files: %w", ErrConfig))
	}
	for _, d := range c.Mix {
		if d.Weight > 0 {
			weights++
		}
		if d.Unlabelled && c.numbers() {
			faults = append(faults, fmt.Errorf("feed: a data set is read without labels; that goes beside classes, tags and spans, not beside values or several classes: %w", ErrConfig))
		}
		if !(d.Weight >= 0) || math.IsInf(d.Weight, 1) {
			faults = append(faults, fmt.Errorf("feed: a data set has the weight %g; a positive number is expected: %w", d.Weight, ErrConfig))
		}
	}
	if weights > 0 && weights < len(c.Mix) {
		faults = append(faults, fmt.Errorf("feed: %d of %d data sets have a weight; all or none must: %w", weights, len(c.Mix), ErrConfig))
	}
	return faults
}
