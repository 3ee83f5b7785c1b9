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

// collector gathers the classes of all rows.
type collector struct {
	found  map[string]bool
	vector int // length of the lists of one number for each class; 0: none
}

// collect finds the classes of all rows: texts sorted, integers by value.
func (s *Set) collect(ctx context.Context) ([]string, error) {
	c := &collector{found: map[string]bool{}}
	for i := range s.paths {
		if err := s.collectFile(ctx, i, c); err != nil {
			return nil, err
		}
	}
	if c.vector > 0 {
		names := make([]string, c.vector)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		return names, nil
	}
	names := sorted(c.found)
	if fraction := fractional(names); fraction != "" && s.opts.Kind == sample.ClassLabel {
		return nil, &Error{Path: s.describe(), Column: s.cols[0].target(), Err: fmt.Errorf("labels such as %s are numbers on a scale, not classes; classes are names or whole numbers, so set label_column to another column, or write a class such as low or high for each number: %w", fraction, ErrType)}
	}
	return names, nil
}

// fractional returns the first of some names that has a fraction, if all of them
// are numbers.
func fractional(names []string) (found string) {
	for _, name := range names {
		v, err := strconv.ParseFloat(name, 64)
		if err != nil {
			return ""
		}
		if found == "" && v != math.Trunc(v) {
			found = name
		}
	}
	return found
}

// sorted lists names: by value if all are integers, else by their bytes.
func sorted(found map[string]bool) []string {
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
				return map[bool]int{true: -1, false: 1}[x < y]
			}
		}
		return strings.Compare(a, b)
	})
	return names
}

func (s *Set) collectFile(ctx context.Context, file int, c *collector) (err error) {
	path, column := s.paths[file], s.cols[file].target()
	t, err := s.openTable(path, s.have[file])
	if err != nil {
		return err
	}
	defer func() {
		if closing := t.close(); err == nil {
			err = at(closing, path)
		}
	}()
	if err := t.choose([]string{column}); err != nil {
		return at(err, path)
	}
	for row := int64(0); ; {
		rows, err := t.read(ctx, record.MaxRows)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			place := at(err, path)
			if e, ok := place.(*Error); ok && e.Row > 0 {
				e.Row += row
			}
			return place
		}
		for r, value := range rows.cells[0] {
			if err := s.collectCell(value, c); err != nil {
				place := &Error{Path: path, Row: row + int64(r) + 1, Column: column, RowGroup: rows.group, Err: err}
				if rows.line != nil {
					place.Line = rows.line[r]
				}
				return place
			}
		}
		row += int64(rows.rows)
		if len(c.found) > maxClasses {
			return &Error{Path: path, Column: column, Err: fmt.Errorf("more than %d different labels; is this a label column? %w", maxClasses, ErrTooLarge)}
		}
	}
}

// collectCell adds the classes of one row. Rows without a label are reported,
// or allowed, when they are read.
func (s *Set) collectCell(c cell, to *collector) error {
	if s.opts.Kind == sample.MultiLabel && isVector(c) {
		if n := len(c.items()); to.vector == 0 {
			to.vector = n
		} else if n != to.vector {
			return fmt.Errorf("a list of %d values, the first row has %d; one for each class is expected: %w", n, to.vector, ErrType)
		}
		return nil
	}
	items := []cell{c}
	switch {
	case c.kind == list && s.opts.Kind != sample.ClassLabel:
		items = c.items()
	case c.kind == text && s.opts.Kind == sample.MultiLabel:
		items = new(labeler).split(c)
	}
	for _, item := range items {
		name, err := s.nameOf(item)
		if err != nil {
			return err
		}
		if name != "" && !to.found[name] {
			to.found[strings.Clone(name)] = true
		}
	}
	return nil
}

// nameOf returns the name of the class that a cell stands for; empty: none.
func (s *Set) nameOf(item cell) (string, error) {
	n, isInteger := item.asInteger()
	switch {
	case s.opts.MinusOne && s.opts.Optional && s.opts.Kind == sample.ClassLabel && item.minusOne():
		return "", nil
	case isInteger && n == sample.Ignore && s.opts.Kind == sample.TagLabel:
		return "", nil
	case isInteger:
		return strconv.FormatInt(n, 10), nil
	case item.empty() || item.kind == text || item.kind == boolean:
		return item.s, nil
	}
	return "", fmt.Errorf("%s; a class is a text or an integer: %w", item.describe(), ErrType)
}
