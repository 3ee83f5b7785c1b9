package pii

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Scrub replaces what is found in an example's texts; its words and its span
// follow. It notes types and counts in the example's Audit and in the
// Scrubber's, and returns the counts, nil where nothing was found.
func (s *Scrubber) Scrub(ex *sample.Example) (Counts, error) {
	counts, err := s.scrub(ex)
	if err != nil {
		return nil, err
	}
	var found []finding
	if counts != nil {
		found = []finding{{ex.Row, counts}}
	}
	s.audit.add(1, found)
	return counts, nil
}

// scrub is Scrub without the Scrubber's audit.
func (s *Scrubber) scrub(ex *sample.Example) (Counts, error) {
	list, counts := s.edits(ex.Text, nil)
	if err := list.Apply(ex); err != nil {
		return nil, fmt.Errorf("pii: row %d: %w", ex.Row, err)
	}
	if ex.HasPair {
		list, counts = s.edits(ex.Pair, counts)
		if err := list.ApplyPair(ex); err != nil {
			return nil, fmt.Errorf("pii: row %d: %w", ex.Row, err)
		}
	}
	if counts == nil {
		return nil, nil
	}
	if ex.Audit != "" {
		ex.Audit += "; "
	}
	ex.Audit += "pii: " + counts.String()
	return counts, nil
}

// Rows scrubs a batch, which it owns, and returns it, or another one in its
// place. It has the form of feed.Config.Rows.
func (s *Scrubber) Rows(ctx context.Context, batch *record.Batch) (*record.Batch, error) {
	if err := ctx.Err(); err != nil {
		batch.Release()
		return nil, err
	}
	examples := batch.Examples()
	var found []finding
	for i := range examples {
		counts, err := s.scrub(&examples[i])
		if err != nil {
			batch.Release()
			return nil, err
		}
		if counts != nil {
			found = append(found, finding{examples[i].Row, counts})
		}
	}
	s.audit.add(len(examples), found)
	if found == nil {
		return batch, nil
	}
	defer batch.Release()
	out, err := record.OfKind(s.memory, batch.Kind(), examples)
	if err != nil {
		return nil, fmt.Errorf("pii: %w", err)
	}
	return out, nil
}
