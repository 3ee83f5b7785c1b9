package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// maxClasses bounds what collecting the classes of a column may find: more is
// a column of texts or numbers taken for a label.
const maxClasses = 100_000

// labeler turns cells of the label column into labels.
type labeler struct {
	kind     sample.LabelKind
	optional bool
	names    []string
	index    map[string]int64
	// numeric: the names themselves are integers, so an integer is a name and
	// never an index.
	numeric bool
}

func newLabeler(opts Options) labeler {
	l := labeler{kind: opts.Kind, optional: opts.Optional, names: opts.Names, index: map[string]int64{}}
	for i, name := range opts.Names {
		l.index[name] = int64(i)
		if _, err := strconv.ParseInt(name, 10, 64); err == nil {
			l.numeric = true
		}
	}
	return l
}

// accepts checks that the classes a file declares are all known.
func (l labeler) accepts(declared []string) error {
	for _, name := range declared {
		if _, ok := l.index[name]; !ok {
			return l.unknown(cell{kind: text, s: name})
		}
	}
	return nil
}

// label returns the label that a cell stands for. declared are the classes
// that the cell's file declares for its integers.
func (l labeler) label(c cell, declared []string) (sample.Label, error) {
	if c.empty() || c.kind == text && c.s == "" {
		if l.optional {
			return sample.Label{}, nil
		}
		return sample.Label{}, fmt.Errorf("no label; drop the row or label it: %w", ErrMissing)
	}
	if l.kind == sample.ValueLabel {
		return value(c)
	}
	id, err := l.class(c, declared)
	if err != nil {
		// -1 is how data sets without public labels fill the column.
		if n, ok := c.asInteger(); ok && n == -1 && l.optional {
			return sample.Label{}, nil
		}
		return sample.Label{}, err
	}
	return sample.Class(id), nil
}

func (l labeler) class(c cell, declared []string) (int64, error) {
	name := c.s
	n, isInteger := c.asInteger()
	if c.kind == text || c.kind == boolean {
		if id, ok := l.index[name]; ok {
			return id, nil
		}
		var err error
		n, err = strconv.ParseInt(name, 10, 64)
		isInteger = err == nil
	}
	if !isInteger {
		if c.kind != text && c.kind != boolean {
			return 0, fmt.Errorf("%s; a class is a text or an integer: %w", c.describe(), ErrType)
		}
		return 0, l.unknown(c)
	}
	switch {
	case declared != nil && n >= 0 && n < int64(len(declared)):
		return l.index[declared[n]], nil
	case declared == nil && l.numeric:
		if id, ok := l.index[strconv.FormatInt(n, 10)]; ok {
			return id, nil
		}
	case declared == nil && n >= 0 && n < int64(len(l.names)):
		return n, nil
	}
	return 0, l.unknown(c)
}

func (l labeler) unknown(c cell) error {
	hint := "label the row with one of them, or train with this one"
	if near := nearest(c.s, l.names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	shown := l.names
	more := ""
	if len(shown) > 10 {
		more = fmt.Sprintf(", … (%d in all)", len(shown))
		shown = shown[:10]
	}
	return fmt.Errorf("label %s is not in {%s%s}; %s: %w", c.describe(), strings.Join(shown, ", "), more, hint, ErrUnknownLabel)
}

// value returns a regression target.
func value(c cell) (sample.Label, error) {
	v := c.f
	switch c.kind {
	case integer:
		v = float64(c.i)
	case text:
		var err error
		if v, err = strconv.ParseFloat(strings.TrimSpace(c.s), 32); err != nil {
			return sample.Label{}, fmt.Errorf("%s; a number is expected: %w", c.describe(), ErrType)
		}
	case float:
	default:
		return sample.Label{}, fmt.Errorf("%s; a number is expected: %w", c.describe(), ErrType)
	}
	if math.IsNaN(v) || math.IsInf(float64(float32(v)), 0) {
		return sample.Label{}, fmt.Errorf("%s; a finite number is expected: %w", c.describe(), ErrType)
	}
	return sample.Label{Kind: sample.ValueLabel, Float: []float32{float32(v)}}, nil
}

// collect finds the classes of all rows: texts sorted, integers by value.
func (s *Set) collect(ctx context.Context) ([]string, error) {
	found := map[string]bool{}
	for _, path := range s.paths {
		if err := s.collectFile(ctx, path, found); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(found))
	numeric := true
	for name := range found {
		names = append(names, name)
		_, err := strconv.ParseInt(name, 10, 64)
		numeric = numeric && err == nil
	}
	slices.SortFunc(names, func(a, b string) int {
		if numeric {
			x, _ := strconv.ParseInt(a, 10, 64)
			y, _ := strconv.ParseInt(b, 10, 64)
			if x != y {
				return int(max(-1, min(1, float64(x)-float64(y))))
			}
		}
		return strings.Compare(a, b)
	})
	return names, nil
}

func (s *Set) collectFile(ctx context.Context, path string, found map[string]bool) error {
	t, err := openTable(path)
	if err != nil {
		return err
	}
	defer t.close()
	cols, err := s.opts.Columns.resolve(path, t.columns(), true)
	if err == nil {
		err = t.choose([]string{cols.Label})
	}
	row := int64(0)
	for err == nil {
		var rows chunk
		if rows, err = t.read(ctx, record.MaxRows); err != nil {
			break
		}
		for r, c := range rows.cells[0] {
			row++
			name := c.s
			if n, ok := c.asInteger(); ok {
				name = strconv.FormatInt(n, 10)
			} else if c.empty() || c.kind == text && c.s == "" {
				continue // reported, or allowed, when the row is read
			} else if c.kind != text && c.kind != boolean {
				place := &Error{Path: path, Row: row, Column: cols.Label, RowGroup: rows.group,
					Err: fmt.Errorf("%s; a class is a text or an integer: %w", c.describe(), ErrType)}
				if rows.line != nil {
					place.Line = rows.line[r]
				}
				return place
			}
			if !found[name] {
				found[strings.Clone(name)] = true
			}
		}
		if len(found) > maxClasses {
			return &Error{Path: path, Column: cols.Label, Err: fmt.Errorf("more than %d different labels; is this a label column? %w", maxClasses, ErrTooLarge)}
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return at(err, path)
}
