// Package inspect looks at data sets before anybody trains on them: how long
// texts are, how labels are spread, what comes twice, what contradicts itself,
// what was in the training data already, and what has been read in a wrong
// encoding.
//
// Nouns: a Set is one data set that can be read again and again; a Report is
// what was found in it and between it and the others; a Finding is the rows of
// one kind. Path: Default → Look over one Set, or over those to train, validate
// and test on → Report, which is plain data and has JSON names.
//
// Two texts are compared twice: as they are, and folded, which means in lower
// case, with every run of white space as one space and none at the ends. A pair
// is one text here. Texts that are empty or blank are counted as such and not
// compared.
//
// Memory: Look keeps no texts but those that the report shows. It keeps 32 bytes
// for every text compared: hashes of 64 bits, the row and the label. Two of n
// different texts are taken for the same with a chance of n²/2⁶⁵, some 10⁻⁶ for
// 10 million rows. Beyond Options.Compare texts, rows that repeat are merged, and
// if that is not enough, half of all texts, chosen by their hash, are let go
// (adaptive sampling; Flajolet, "On adaptive sampling", Computing 43, 1990):
// what is counted of the others is multiplied then, and SetReport.Compared says
// so. Texts that have a large part of the rows by then stay, and count once. Everything else takes a size that does not depend on the rows.
//
// Errors wrap ErrOptions, or are those of the sources and of Options.Tokens.
// Concurrency: Look reads one set at a time, on Options.Workers goroutines which
// it waits for; the report does not depend on their number.
//
// The package draws nothing and changes nothing; package clean drops rows.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// ErrOptions is wrapped by errors about options that make no sense.
var ErrOptions = errors.New("wrong options of an inspection")

// Options say what to look for.
type Options struct {
	// Workers is the number of goroutines that look at texts.
	Workers int
	// Texts is how many rows of a finding are shown with their texts, List how many
	// of its row ids are listed.
	Texts, List int
	// Compare bounds the texts of one set that are compared, 32 bytes each.
	Compare int
	// Tokens counts the tokens of an example; nil leaves tokens out. It is called
	// from many goroutines.
	Tokens func(ex *sample.Example) (int, error)
	// MaxLength is the longest sequence of a model: the rows with more tokens are
	// counted. Units: tokens.
	MaxLength int
	// Near looks for rows that are at least so similar to one before (Jaccard,
	// as the cleaning step near_duplicates); 0 does not look, and saves reading the
	// data once more.
	Near float64
	// Memory counts the Arrow memory of what Near makes; nil counts nowhere.
	Memory *record.Allocator
}

// Default returns the usual options: 8 million texts, which take 256 MB when all
// are different, twice that while the table grows.
func Default() Options {
	return Options{Workers: min(4, runtime.GOMAXPROCS(0)), Texts: 3, List: 1000, Compare: 8 << 20, MaxLength: 128}
}

// minCompare is the least that Compare may be: fewer texts say nothing.
const minCompare = 1024

// Validate returns all faults of the options.
func (o Options) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("inspect: "+format+": %w", append(args, ErrOptions)...))
		}
	}
	check(o.Texts >= 0, "%d texts to show of a finding; it must not be negative", o.Texts)
	check(o.List >= 0, "%d rows to list of a finding; it must not be negative", o.List)
	check(o.Compare >= minCompare, "%d texts to compare; at least %d are needed", o.Compare, minCompare)
	check(o.MaxLength >= 0, "a longest sequence of %d tokens; it must not be negative", o.MaxLength)
	check(o.Near == 0 || o.Near >= 0.3 && o.Near <= 1, "a similarity of %g; 0.3 to 1 is expected, or 0 not to look", o.Near)
	return errors.Join(faults...)
}

// Set is one data set.
type Set struct {
	// Name is what the report calls it, such as train.
	Name string
	// Kind is the kind of the labels, Names are the classes in order.
	Kind  sample.LabelKind
	Names []string
	// Rows begins a pass over all rows, whose ids must ascend. Every pass must give
	// the same.
	Rows func() pipeline.Source[*record.Batch]
}

// Look reads the sets and reports what is in them. Each set is compared with
// those before it. All sets must be labelled by the same classes.
func Look(ctx context.Context, o Options, sets ...Set) (*Report, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("inspect: no set is given; at least one is expected: %w", ErrOptions)
	}
	looks := make([]*look, len(sets))
	for i, s := range sets {
		looks[i] = newLook(o, s)
		if err := looks[i].read(ctx); err != nil {
			return nil, err
		}
	}
	r := &Report{Sets: make([]SetReport, len(sets))}
	for i, l := range looks {
		r.Sets[i] = l.report()
		for _, earlier := range looks[:i] {
			r.Leaks = append(r.Leaks, leak(o, earlier, l))
		}
	}
	bin(looks, r.Sets)
	for i, l := range looks {
		if err := l.near(ctx, &r.Sets[i]); err != nil {
			return nil, err
		}
	}
	return r, show(ctx, looks, r)
}
