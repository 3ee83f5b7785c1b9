package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Prepared is a file of rows that were tokenized before: see record.Preparation.
// Like a Set it is immutable and may be shared.
type Prepared struct {
	path  string
	about record.Preparation
	opts  Options
	kind  sample.LabelKind // of the file
	// classes are those of the file among the wanted ones; nil if they are the same.
	classes []int64
	parts   []Part
	// batches[i] is where the i-th record batch begins.
	batches []int64
}

// FindPrepared opens the prepared file that the paths name; nil if they name other
// data. Prepared files are read one by one. Of the options it takes Memory; With
// says the others.
func FindPrepared(ctx context.Context, paths []string, opts Options) (*Prepared, error) {
	if opts.Memory == nil {
		opts.Memory = new(record.Allocator)
	}
	var all []string
	var prepared *Prepared
	for _, path := range paths {
		if path == Stdin {
			return nil, nil
		}
		found, err := expand(path)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for _, path := range all {
		if f, ok := formats[extension(path)]; !ok || !slices.Contains(f.extensions, ".arrow") {
			continue
		}
		p, err := inspectPrepared(ctx, path, opts)
		if err != nil {
			return nil, err
		}
		if p != nil {
			prepared = p
		}
	}
	if prepared != nil && len(all) > 1 {
		return nil, &Error{Path: prepared.path, Err: fmt.Errorf("a prepared file among %d files; prepare all of them into one, or mix data sets by weight: %w", len(all), ErrFormat)}
	}
	return prepared, nil
}

// inspectPrepared looks at an Arrow file; nil if it is no prepared one.
func inspectPrepared(ctx context.Context, path string, opts Options) (_ *Prepared, err error) {
	in, t, err := openPrepared(path, opts)
	if err != nil {
		return nil, nil // who opens the data says what is wrong with the file
	}
	defer func() { err = firstOf(err, at(firstOf(t.close(), in.close()), path)) }()
	if !record.IsPrepared(t.reader.Schema()) {
		return nil, nil
	}
	p := &Prepared{path: path, opts: opts}
	if p.about, err = record.ParsePreparation(t.reader.Schema()); err != nil {
		return nil, &Error{Path: path, Err: preparedError(err)}
	}
	p.kind, _ = p.about.Kind()
	p.opts.Kind = p.kind
	p.cut()
	return p, at(p.locate(ctx, t), path)
}

// With returns the file read for other labels: of the options it takes Kind,
// Names, Optional and Memory. Classes go by their names, as when a text file is
// read.
func (p *Prepared) With(opts Options) (*Prepared, error) {
	if opts.Memory == nil {
		opts.Memory = p.opts.Memory
	}
	q := *p
	q.opts, q.classes = opts, nil
	return &q, at(q.settle(), p.path)
}

// openPrepared opens an Arrow file.
func openPrepared(path string, opts Options) (*input, *arrowTable, error) {
	in, err := openInput(path, nil)
	if err != nil {
		return nil, nil, at(err, path)
	}
	t, err := openArrow(in, opts)
	if err != nil {
		return nil, nil, at(firstOf(err, in.close()), path)
	}
	return in, t.(*arrowTable), nil
}

// preparedError makes an error of package record one of this package.
func preparedError(err error) error {
	if errors.Is(err, record.ErrVersion) {
		return err
	}
	return fmt.Errorf("%w: %w", err, ErrFormat)
}

// settle compares the labels with those that are wanted.
func (p *Prepared) settle() error {
	wanted := p.opts.Kind
	rows := p.kind != sample.TagLabel && p.kind != sample.SpanLabel // have one label each
	switch {
	case p.kind == wanted, rows && wanted == sample.NoLabel:
	case p.kind == sample.NoLabel && p.opts.Optional && wanted != sample.TagLabel && wanted != sample.SpanLabel:
	case p.kind == sample.NoLabel:
		return fmt.Errorf("the file was prepared from data without labels; labels of kind %s are needed: %w", record.KindName(wanted), ErrNoColumn)
	default:
		return fmt.Errorf("the file was prepared with labels of kind %s; %s is asked for: %w", p.about.Labels, record.KindName(wanted), ErrType)
	}
	names := p.about.Names
	if p.Kind() == sample.NoLabel || names == nil || p.opts.Names == nil || slices.Equal(names, p.opts.Names) {
		return nil
	}
	l := newLabeler(p.opts)
	p.classes = make([]int64, len(names))
	for i, name := range names {
		if p.about.Declared {
			if _, err := l.accepts([]string{name}); err != nil {
				return err
			}
		}
		var err error
		if p.classes[i], err = l.class(&cell{kind: text, s: name}, nil); err != nil {
			return err
		}
	}
	return nil
}

// cut lists the parts, as they were in the data that the file was made of.
func (p *Prepared) cut() {
	row, group := uint64(0), 1
	for _, run := range p.about.Parts {
		for range run[1] {
			p.parts = append(p.parts, Part{Path: p.path, Row: row, Rows: run[0], Group: group, First: row})
			row += uint64(run[0])
			group += (run[0] + p.about.BatchRows - 1) / p.about.BatchRows
		}
	}
}

// locate finds where the record batches begin.
func (p *Prepared) locate(ctx context.Context, t *arrowTable) error {
	want := p.about.Batches()
	err := guard(func() error {
		t.msgs.rewind()
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			at := t.msgs.at
			m, err := t.msgs.header()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return asFormat(err)
			}
			if m.kind == batchMessage {
				p.batches = append(p.batches, at)
			}
		}
	})
	if err == nil && len(p.batches) != want {
		err = fmt.Errorf("%d record batches; %d were written: %w", len(p.batches), want, ErrFormat)
	}
	return err
}

// About returns what the file was made with.
func (p *Prepared) About() record.Preparation { return p.about }

// Path returns the file.
func (p *Prepared) Path() string { return p.path }

// Kind returns the kind of label that the rows carry.
func (p *Prepared) Kind() sample.LabelKind {
	if p.opts.Kind == sample.NoLabel {
		return sample.NoLabel
	}
	return p.kind
}

// Names returns the classes in order; nil where labels are no classes.
func (p *Prepared) Names() []string {
	switch {
	case p.Kind() == sample.NoLabel || p.about.Names == nil:
		return nil
	case p.opts.Names != nil:
		return slices.Clone(p.opts.Names)
	}
	return slices.Clone(p.about.Names)
}

// Parts returns the parts in the order of the rows. Rows counts those before
// cleaning.
func (p *Prepared) Parts(context.Context) ([]Part, error) { return slices.Clone(p.parts), nil }

// Read returns a pass over the rows of one of the parts, which carry their
// tokens. There is no batch without a row.
func (p *Prepared) Read(_ context.Context, part Part) pipeline.Source[*record.Batch] {
	r := &preparedPass{file: p, part: part, next: part.Group - 1}
	r.end = r.next + (part.Rows+p.about.BatchRows-1)/p.about.BatchRows
	return pipeline.New(r.read, r.close)
}

// preparedPass is the state of one reading of a part.
type preparedPass struct {
	file      *Prepared
	part      Part
	next, end int // record batches
	in        *input
	table     *arrowTable
}

func (r *preparedPass) read(ctx context.Context) (*record.Batch, error) {
	for r.next < r.end {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := r.batch()
		if err != nil {
			place := (&Error{Path: r.file.path, RowGroup: r.next + 1, Err: err}).absorb()
			return nil, place
		}
		r.next++
		if b.Len() > 0 {
			return b, nil
		}
		b.Release()
	}
	return nil, io.EOF
}

// batch reads the next record batch.
func (r *preparedPass) batch() (*record.Batch, error) {
	if r.table == nil {
		var err error
		if r.in, r.table, err = openPrepared(r.file.path, r.file.opts); err != nil {
			return nil, err
		}
		// Between schema and batch lies nothing that a batch needs.
		r.table.msgs.at, r.table.batch = r.file.batches[r.next], r.next
	}
	if err := r.table.nextRecord(); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the file ends before it; do not change files that are read: %w", ErrFormat)
		}
		return nil, err
	}
	b := record.NewTokenBuilder(r.file.opts.Memory, r.file.Kind())
	defer b.Release()
	var out *record.Batch
	err := guard(func() error {
		rows, err := r.file.about.Examples(r.table.rec)
		if err != nil {
			return preparedError(err)
		}
		before := (r.next - r.part.Group + 1) * r.file.about.BatchRows
		from := r.part.Row + uint64(before)
		to := r.part.Row + uint64(min(before+r.file.about.BatchRows, r.part.Rows))
		for i := range rows {
			if err := r.file.check(&rows[i], from, to); err != nil {
				return &Error{Row: int64(rows[i].Row) + 1, Err: err}
			}
			from = rows[i].Row + 1
			if err := b.Append(rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		out = b.Batch()
	}
	return out, err
}

func (r *preparedPass) close() error {
	if r.table == nil {
		return nil
	}
	err := firstOf(r.table.close(), r.in.close())
	r.table = nil
	return at(err, r.file.path)
}

// check holds a row against what the file says of all, and gives its classes the
// wanted numbers. Its id lies in [from, to).
func (p *Prepared) check(ex *sample.Example, from, to uint64) error {
	if ex.Row < from || ex.Row >= to {
		return fmt.Errorf("row %d where %d to %d are expected: %w", ex.Row, from, to, ErrFormat)
	}
	t := ex.Tokens
	if len(t.IDs) == 0 || len(t.TypeIDs) != len(t.IDs) {
		return fmt.Errorf("%d tokens with %d types: %w", len(t.IDs), len(t.TypeIDs), ErrFormat)
	}
	for _, id := range t.IDs {
		if id < 0 || int(id) >= p.about.Vocabulary {
			return fmt.Errorf("the token %d of a vocabulary of %d: %w", id, p.about.Vocabulary, ErrFormat)
		}
	}
	if err := p.checkWindows(ex); err != nil {
		return err
	}
	if p.Kind() == sample.NoLabel {
		ex.Label = sample.Label{}
		return nil
	}
	if ex.Label.Kind == sample.NoLabel {
		if p.opts.Optional {
			return nil
		}
		return fmt.Errorf("no label; prepare labelled rows only: %w", ErrMissing)
	}
	return p.relabel(ex)
}

// checkWindows checks where windows end and how many labels tokens have.
func (p *Prepared) checkWindows(ex *sample.Example) error {
	t := ex.Tokens
	ends, before := t.Ends, int32(0)
	if ends == nil {
		ends = []int32{int32(len(t.IDs))}
	}
	for _, end := range ends {
		if end <= before || int(end-before) > p.about.MaxLength {
			return fmt.Errorf("a window from token %d to %d of at most %d: %w", before, end, p.about.MaxLength, ErrFormat)
		}
		before = end
	}
	if int(before) != len(t.IDs) {
		return fmt.Errorf("windows up to token %d of %d: %w", before, len(t.IDs), ErrFormat)
	}
	want := 0
	switch ex.Label.Kind {
	case sample.TagLabel:
		want = len(t.IDs)
	case sample.SpanLabel:
		want = 2 * len(ends)
	}
	if len(t.Labels) != want {
		return fmt.Errorf("%d labels of tokens; %d are expected: %w", len(t.Labels), want, ErrFormat)
	}
	return nil
}

// relabel gives classes the wanted numbers.
func (p *Prepared) relabel(ex *sample.Example) error {
	if p.about.Names == nil || p.kind == sample.SpanLabel {
		return nil
	}
	if p.kind == sample.MultiLabel {
		return p.relabelMulti(ex)
	}
	for _, classes := range []*[]int64{&ex.Label.Int, &ex.Tokens.Labels} {
		for _, class := range *classes {
			if class != sample.Ignore && (class < 0 || class >= int64(len(p.about.Names))) {
				return fmt.Errorf("class %d of %d: %w", class, len(p.about.Names), ErrFormat)
			}
		}
		if p.classes == nil || *classes == nil {
			continue
		}
		*classes = slices.Clone(*classes) // they belong to the file
		for i, class := range *classes {
			if class != sample.Ignore {
				(*classes)[i] = p.classes[class]
			}
		}
	}
	return nil
}

func (p *Prepared) relabelMulti(ex *sample.Example) error {
	if len(ex.Label.Float) != len(p.about.Names) {
		return fmt.Errorf("%d values for %d classes: %w", len(ex.Label.Float), len(p.about.Names), ErrFormat)
	}
	if p.classes == nil {
		return nil
	}
	values := make([]float32, len(p.opts.Names))
	for i, class := range p.classes {
		if v := ex.Label.Float[i]; v != 0 {
			values[class] = v
		}
	}
	ex.Label.Float = values
	return nil
}
