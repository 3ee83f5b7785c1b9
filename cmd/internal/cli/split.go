package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/source"
)

// splitOptions holds the options of split.
type splitOptions struct {
	conversion `yaml:",inline"`

	OutputDir       string  `yaml:"output_dir"`
	ValidationSplit float64 `yaml:"validation_split"`
	TestSplit       float64 `yaml:"test_split"`
	Quiet           bool    `yaml:"quiet"`
}

// splitUsages says what the options of split do that convert does not have.
var splitUsages = map[string]string{
	"output_dir":       "`FOLDER` for train.parquet, validation.parquet and test.parquet",
	"validation_split": "`SHARE` of the rows to validate on",
	"test_split":       "`SHARE` of the rows to test on, beside those to validate on",
}

// parts of a data set, and the files that split writes.
var partNames = []string{"train", "validation", "test"}

func partFile(part string) string { return part + ".parquet" }

func splitCommand(e Env) *cli.Command {
	given := splitOptions{conversion: defaultConversion(), ValidationSplit: defaultSplit}
	flags := slices.DeleteFunc(structFlags(&given, splitUsages, conversionUsages), func(f cli.Flag) bool {
		return f.Names()[0] == "to" || f.Names()[0] == "row_ids" // the parts are Parquet, for reading again
	})
	return &cli.Command{
		Name: "split", Usage: "cut a data set into parts to train, validate and test on", ArgsUsage: "IN...", Flags: flags,
		Description: "A hash of its text decides where a row goes, so equal texts go to one part and rows keep theirs when\n" +
			"others are added. Every class is in every part if it has texts enough; rows without a label are trained on\n" +
			"only, and left out if a row that is held out has their text. IN is as that of convert.",
		Action: func(c *cli.Context) error {
			if c.Args().Len() == 0 {
				return usage("split takes what to read: ortrain split IN... --output_dir FOLDER")
			}
			ctx, i := e.interrupts(c.Context)
			defer i.close()
			return interrupted(ctx, splitFiles(ctx, e, given, c.Args().Slice()), "nothing was written")
		},
	}
}

// splitFiles writes each part as a Parquet file.
func splitFiles(ctx context.Context, e Env, o splitOptions, in []string) (err error) {
	if err := must("output_dir", o.OutputDir); err != nil {
		return err
	}
	if held := o.ValidationSplit + o.TestSplit; o.ValidationSplit < 0 || o.TestSplit < 0 || held <= 0 || held >= 1 {
		return usage("--validation_split is %g and --test_split %g; shares are expected that come to more than 0 and less than 1", o.ValidationSplit, o.TestSplit)
	}
	if err := writable("--output_dir", o.OutputDir, true); err != nil {
		return err
	}
	s := &splitting{opts: o}
	if s.set, s.memory, err = o.open(ctx, e, in, o.OutputDir); err != nil {
		return err
	}
	if err := s.decide(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(o.OutputDir, 0o755); err != nil {
		return err
	}
	counts, err := s.write(ctx)
	if err != nil || o.Quiet {
		return err
	}
	var text []string
	for i, n := range counts {
		if n > 0 {
			text = append(text, fmt.Sprintf("%s %s", thousands(int64(n)), partNames[i]))
		}
	}
	fmt.Fprintf(e.Stderr, "%s: %s, cut by a hash of the text\n", o.OutputDir, strings.Join(text, ", "))
	if s.leftOut > 0 {
		fmt.Fprintf(e.Stderr, "%s rows without a label are in no part, as rows that are held out have their text\n", thousands(int64(s.leftOut)))
	}
	if lost := left(s.set); len(lost) > 0 {
		fmt.Fprintf(e.Stderr, "columns not carried over: %s\n", strings.Join(lost, ", "))
	}
	return nil
}

// splitting is one split under way. Held says which rows are not trained on,
// test which of those are tested on; either may be nil.
type splitting struct {
	opts       splitOptions
	memory     *record.Allocator
	set        *source.Set
	held, test *feed.Splitter
	// unlabelled says that rows are without a label beside others that have one;
	// heldTexts are then the hashes of the texts that are held out, and leftOut
	// counts the rows without a label that have one of them.
	unlabelled bool
	heldTexts  map[[16]byte]bool
	leftOut    int
}

// decide settles the sides: first those of all rows, then those of the rows that
// are held out.
func (s *splitting) decide(ctx context.Context) (err error) {
	classes := 0
	if s.set.Kind() == sample.ClassLabel {
		classes = len(s.set.Names())
	}
	if s.held, err = feed.NewSplitter(s.opts.ValidationSplit+s.opts.TestSplit, classes); err != nil {
		return err
	}
	if err := eachExample(ctx, s.set, func(ex sample.Example) error {
		if !s.trainOnly(ex) {
			s.held.See(ex)
		} else {
			s.unlabelled = true
		}
		return nil
	}); err != nil {
		return err
	}
	s.held.Settle()
	if s.unlabelled {
		if err := s.findHeld(ctx); err != nil {
			return err
		}
	}
	if s.opts.TestSplit == 0 || s.opts.ValidationSplit == 0 {
		return nil
	}
	if s.test, err = feed.NewSplitter(s.opts.TestSplit, classes); err != nil {
		return err
	}
	err = eachExample(ctx, s.set, func(ex sample.Example) error {
		if !s.trainOnly(ex) && s.held.HeldOut(ex) {
			s.test.See(ex)
		}
		return nil
	})
	s.test.Settle()
	return err
}

// findHeld gathers the texts that are held out.
func (s *splitting) findHeld(ctx context.Context) error {
	s.heldTexts = make(map[[16]byte]bool)
	return eachExample(ctx, s.set, func(ex sample.Example) error {
		if !s.trainOnly(ex) && s.held.HeldOut(ex) {
			s.heldTexts[hashOfText(ex)] = true
		}
		return nil
	})
}

// hashOfText tells texts apart.
func hashOfText(ex sample.Example) [16]byte {
	sum := sha256.Sum256([]byte(ex.Text + "\x00" + ex.Pair))
	return [16]byte(sum[:16])
}

// trainOnly tells rows without a label beside others that have one: nothing can
// be judged by them.
func (s *splitting) trainOnly(ex sample.Example) bool {
	return s.set.Kind() != sample.NoLabel && ex.Label.Kind == sample.NoLabel
}

// nowhere is the part of rows that are in none.
const nowhere = -1

// part is the number of the part that a row goes to.
func (s *splitting) part(ex sample.Example) int {
	switch {
	case s.trainOnly(ex) && s.heldTexts[hashOfText(ex)]:
		return nowhere
	case s.trainOnly(ex) || !s.held.HeldOut(ex):
		return 0
	case s.opts.ValidationSplit == 0 || s.test != nil && s.test.HeldOut(ex):
		return 2
	}
	return 1
}

// write writes the parts.
func (s *splitting) write(ctx context.Context) (counts [3]int, err error) {
	var files [3]*sink.File
	var rows [3]*record.Builder
	c := s.set.Columns()
	for i, name := range partNames {
		if i > 0 && [...]float64{0, s.opts.ValidationSplit, s.opts.TestSplit}[i] == 0 {
			continue
		}
		f, err := sink.Create(filepath.Join(s.opts.OutputDir, partFile(name)), sink.Options{
			Names: s.set.Names(), Text: c.Text, Pair: c.Pair, Label: c.Label, Tokens: c.Tokens, Tags: c.Tags, Start: c.Start, End: c.End, GroupRows: s.opts.GroupRows, Memory: s.memory,
		})
		if err != nil {
			return counts, err
		}
		defer f.Close() // after Commit it does nothing
		files[i], rows[i] = f, record.NewBuilder(s.memory, s.set.Kind())
		defer rows[i].Release()
	}
	flush := func(i int) error {
		b := rows[i].Batch()
		defer b.Release()
		return files[i].Write(ctx, b)
	}
	err = eachExample(ctx, s.set, func(ex sample.Example) error {
		i := s.part(ex)
		if i == nowhere {
			s.leftOut++
			return nil
		}
		counts[i]++
		if err := rows[i].Append(ex); err != nil || rows[i].Len() < record.MaxRows {
			return err
		}
		return flush(i)
	})
	for i, f := range files {
		if err != nil || f == nil {
			continue
		}
		if counts[i] == 0 {
			return counts, fmt.Errorf("no row of %s goes to %s with shares of %g and %g; at least 1 is needed: %w", strings.Join(s.set.Paths(), ", "), partNames[i], s.opts.ValidationSplit, s.opts.TestSplit, feed.ErrSplit)
		}
		if rows[i].Len() > 0 {
			err = flush(i)
		}
	}
	for _, f := range files {
		if err == nil && f != nil {
			err = f.Commit(ctx)
		}
	}
	return counts, err
}
