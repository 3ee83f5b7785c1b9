package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// Preparing is data on their way into a prepared file.
type Preparing struct {
	// About is what the file is to say of itself.
	About record.Preparation
	// Total is the number of rows before cleaning.
	Total int
	// Rows are the record batches of the file, in order; some may be empty. Whoever
	// takes one releases it.
	Rows pipeline.Source[*record.Batch]
}

// Prepare reads, cleans and tokenizes all rows of the data of a configuration;
// text says whether the file is to keep the texts. It takes of the configuration
// Files, Columns, Kind and Optional, the tokenizer with its options, Clean and
// CleanID, Workers and Memory. Classes are those of the data: a model's order is
// found when the file is opened.
func Prepare(ctx context.Context, cfg Config, text bool) (*Preparing, error) {
	if cfg.Workers == 0 {
		cfg.Workers = min(4, runtime.GOMAXPROCS(0))
	}
	if cfg.Memory == nil {
		cfg.Memory = new(record.Allocator)
	}
	if err := errors.Join(cfg.Validate(), cfg.validatePreparing(ctx)); err != nil {
		return nil, err
	}
	set, err := source.Open(ctx, cfg.Files, source.Options{Columns: cfg.Columns, Kind: cfg.Kind, Optional: cfg.Optional, MinusOne: cfg.MinusOne, Memory: cfg.Memory})
	if err != nil {
		return nil, err
	}
	found, err := set.Parts(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Kind = set.Kind()
	p := &Preparing{About: cfg.about(set, text)}
	for _, part := range found {
		p.About.AddPart(part.Rows)
		p.Total += part.Rows
	}
	rows := inOrder(files{set, found})
	if cfg.Clean != nil {
		rows = cfg.Clean(rows)
	}
	g := &grid{cfg: cfg, src: rows, parts: found}
	p.Rows = pipeline.Map(pipeline.New(g.next, g.close), cfg.Workers, cfg.addTokens)
	return p, nil
}

// validatePreparing reports what a prepared file cannot be made of.
func (c Config) validatePreparing(ctx context.Context) error {
	var faults []error
	if c.Rows != nil {
		faults = append(faults, fmt.Errorf("feed: rows in memory are not prepared; give files: %w", ErrConfig))
	}
	if c.Mix != nil {
		faults = append(faults, fmt.Errorf("feed: data sets that are mixed by weight are prepared one by one: %w", ErrConfig))
	}
	if c.Clean != nil && c.CleanID == "" {
		faults = append(faults, fmt.Errorf("feed: CleanID does not say how the rows are cleaned, which the file must: %w", ErrConfig))
	}
	ready, err := source.FindPrepared(ctx, c.Files, source.Options{Memory: c.Memory})
	if err == nil && ready != nil {
		err = fmt.Errorf("feed: %s is prepared already; give the data it was made of: %w", ready.Path(), ErrPrepared)
	}
	return errors.Join(append(faults, err)...)
}

// about says what a set is prepared with.
func (c Config) about(set *source.Set, text bool) record.Preparation {
	cols := set.Columns()
	return record.Preparation{
		Version: record.PreparedVersion, Labels: record.KindName(c.Kind), Names: set.Names(), Declared: set.Declared(), Optional: c.Optional,
		Columns: columnOptions(cols), Text: text, Pairs: cols.Pair != "",
		Tokenizer: hashed(c.Tokenizer.File()), Vocabulary: c.Tokenizer.Size(),
		MaxLength: c.MaxLength, Truncation: string(c.truncation()), Stride: c.Stride, Clean: c.CleanID, BatchRows: record.MaxRows,
	}
}

// truncation is the rule in force.
func (c Config) truncation() tokenize.Truncation {
	if c.Truncation == "" {
		return tokenize.LongestFirst
	}
	return c.Truncation
}

// columnOptions are the columns by the names of their options.
func columnOptions(c source.Columns) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{
		"text_column": c.Text, "text_pair_column": c.Pair, "label_column": c.Label, "tokens_column": c.Tokens, "tags_column": c.Tags,
		"span_start": c.Start, "span_end": c.End,
	} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// grid puts the rows that cleaning has left into the batches of the file: one for
// every record.MaxRows rows of a part before cleaning.
type grid struct {
	cfg   Config
	src   pipeline.Source[*record.Batch]
	parts []source.Part
	part  int // of the next batch
	at    int // rows of the part before it
	// batch is what src gave last, rows what is left of it.
	batch *record.Batch
	rows  []sample.Example
	ended bool
}

func (g *grid) next(ctx context.Context) (*record.Batch, error) {
	if g.part == len(g.parts) {
		return nil, g.end(ctx)
	}
	part := g.parts[g.part]
	from := part.Row + uint64(g.at)
	to := part.Row + uint64(min(g.at+record.MaxRows, part.Rows))
	b := record.NewBuilder(g.cfg.Memory, g.cfg.Kind)
	defer b.Release()
	for {
		if err := g.fill(ctx); err != nil {
			return nil, err
		}
		if g.ended || g.rows[0].Row >= to {
			break
		}
		ex := g.rows[0]
		if ex.Copy != 0 || ex.Row < from {
			return nil, outOfOrder(ex)
		}
		from = ex.Row + 1
		ex.Audit = ""
		if err := b.Append(ex); err != nil {
			return nil, err
		}
		g.rows = g.rows[1:]
	}
	if g.at += record.MaxRows; g.at >= part.Rows {
		g.part, g.at = g.part+1, 0
	}
	return b.Batch(), nil
}

// fill sees to it that there is a row, or that the end is known.
func (g *grid) fill(ctx context.Context) error {
	for len(g.rows) == 0 && !g.ended {
		g.release()
		batch, err := g.src.Next(ctx)
		if errors.Is(err, io.EOF) {
			g.ended = true
			return nil
		}
		if err != nil {
			return err
		}
		g.batch, g.rows = batch, batch.Examples()
	}
	return nil
}

// end reports rows beyond the last part.
func (g *grid) end(ctx context.Context) error {
	if err := g.fill(ctx); err != nil {
		return err
	}
	if !g.ended {
		return outOfOrder(g.rows[0])
	}
	return io.EOF
}

func (g *grid) release() {
	if g.batch != nil {
		g.batch.Release()
		g.batch, g.rows = nil, nil
	}
}

func (g *grid) close() error {
	g.release()
	return g.src.Close()
}

func outOfOrder(ex sample.Example) error {
	return fmt.Errorf("feed: row %d came twice or out of order; cleaning may change and drop rows only: %w", ex.Row, ErrConfig)
}

// addTokens tokenizes the rows of a batch, which it owns.
func (c Config) addTokens(ctx context.Context, in *record.Batch) (*record.Batch, error) {
	defer in.Release()
	e := c.encoder()
	b := record.NewTokenBuilder(c.Memory, c.Kind)
	defer b.Release()
	for _, ex := range in.Examples() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if ex.Tokens, err = e.tokens(ex); err != nil {
			return nil, err
		}
		if err := b.Append(ex); err != nil {
			return nil, err
		}
	}
	return b.Batch(), nil
}

// fits names everything in which a prepared file is not what the configuration
// asks for.
func (c Config) fits(set *source.Prepared) error {
	p := set.About()
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("feed: %s was prepared "+format+": %w", append(append([]any{set.Path()}, args...), ErrPrepared)...))
		}
	}
	check(p.Tokenizer == hashed(c.Tokenizer.File()) && p.Vocabulary == c.Tokenizer.Size(),
		"with another tokenizer, of %d tokens and the hash %.12s; this one has %d and %.12s", p.Vocabulary, p.Tokenizer, c.Tokenizer.Size(), hashed(c.Tokenizer.File()))
	check(p.MaxLength == c.MaxLength, "with max_seq_length %d; %d is asked for", p.MaxLength, c.MaxLength)
	check(p.Truncation == string(c.truncation()) || !p.Pairs && p.Labels != record.KindName(sample.SpanLabel),
		"with truncation %s; %s is asked for", p.Truncation, c.truncation())
	check(p.Stride == c.Stride || p.Labels != record.KindName(sample.SpanLabel), "with a stride of %d tokens; %d is asked for", p.Stride, c.Stride)
	if p.Clean != c.CleanID || c.Clean != nil && c.CleanID == "" {
		was, asked := differing(p.Clean, c.CleanID)
		check(false, "with another cleaning: %s; asked for is %s", was, asked)
	}
	check(c.Augment == nil || p.Text, "without its texts, which augmentation changes anew every epoch; prepare it with them")
	asked := columnOptions(c.Columns)
	if c.Kind == sample.NoLabel {
		delete(asked, "label_column") // of the other data sets
	}
	for _, option := range slices.Sorted(maps.Keys(asked)) {
		check(asked[option] == p.Columns[option], "with %s %q; %q is asked for", option, p.Columns[option], asked[option])
	}
	return errors.Join(faults...)
}

// differing returns the first lines in which two recipes differ.
func differing(was, asked string) (string, string) {
	a, b := strings.Split(strings.TrimSpace(was), "\n"), strings.Split(strings.TrimSpace(asked), "\n")
	line := func(of []string, i int) string {
		if i >= len(of) || of[i] == "" {
			return "nothing"
		}
		return fmt.Sprintf("%q", strings.TrimSpace(of[i]))
	}
	for i := range max(len(a), len(b)) {
		if x, y := line(a, i), line(b, i); x != y {
			return x, y
		}
	}
	return "a recipe", "one that does not say what it does"
}
