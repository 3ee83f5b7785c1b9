package feed

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// memory is a data set that the caller holds. A part is a record batch.
type memory struct {
	examples []sample.Example
	kind     sample.LabelKind
	arrow    *record.Allocator
}

func (m memory) len() int { return (len(m.examples) + record.MaxRows - 1) / record.MaxRows }

func (m memory) rows(part int) int { return len(m.part(part)) }

// part returns the examples of a part.
func (m memory) part(n int) []sample.Example {
	from := n * record.MaxRows
	return m.examples[from:min(from+record.MaxRows, len(m.examples))]
}

func (m memory) read(_ context.Context, part int) pipeline.Source[*record.Batch] {
	done := false
	return pipeline.New(func(context.Context) (*record.Batch, error) {
		if done {
			return nil, io.EOF
		}
		done = true
		rows := make([]sample.Example, m.rows(part))
		for i, ex := range m.part(part) {
			ex.Row, ex.Copy = uint64(part*record.MaxRows+i), 0
			rows[i] = ex
		}
		return record.OfKind(m.arrow, m.kind, rows) // a part may have no label at all
	}, nil)
}

// validateRows checks of rows what package source checks of files.
func (c Config) validateRows() error {
	if len(c.Files)+len(c.Mix) > 0 {
		return fmt.Errorf("feed: rows are given and files too; give one of them: %w", ErrConfig)
	}
	if c.Kind != sample.ClassLabel && c.Kind != sample.NoLabel {
		return fmt.Errorf("feed: rows in memory have classes or no labels; other labels come from files: %w", ErrConfig)
	}
	if c.Kind == sample.ClassLabel && len(c.Names) < 2 {
		return fmt.Errorf("feed: rows have %d names of classes; Names needs two at least: %w", len(c.Names), ErrConfig)
	}
	for i, ex := range c.Rows {
		if !utf8.ValidString(ex.Text) || !utf8.ValidString(ex.Pair) {
			return fmt.Errorf("feed: the text of row %d: %w", i, source.ErrUTF8)
		}
		if err := c.validateLabel(ex.Label); err != nil {
			return fmt.Errorf("feed: row %d: %w", i, err)
		}
	}
	return nil
}

// validateLabel checks the label of a row.
func (c Config) validateLabel(l sample.Label) error {
	switch {
	case l.Kind == sample.NoLabel && (c.Optional || c.Kind == sample.NoLabel):
		return nil
	case l.Kind != c.Kind || len(l.Int) != 1:
		return fmt.Errorf("one class is expected as label: %w", source.ErrMissing)
	case l.Int[0] < 0 || l.Int[0] >= int64(len(c.Names)):
		return fmt.Errorf("the label is class %d, but the %d names go from 0 to %d: %w", l.Int[0], len(c.Names), len(c.Names)-1, source.ErrUnknownLabel)
	}
	return nil
}

// openRows is openSets for rows in memory.
func openRows(cfg *Config) ([]parts, error) {
	if err := cfg.validateRows(); err != nil {
		return nil, err
	}
	if cfg.Memory == nil {
		cfg.Memory = new(record.Allocator)
	}
	return []parts{memory{cfg.Rows, cfg.Kind, cfg.Memory}}, nil
}
