// Package metric computes figures of merit over batches as they come: nothing
// is kept but counts.
//
// Nouns: a Confusion counts predicted against actual classes and yields
// accuracy, F1 and Matthews' correlation; a Mean averages weighted values such
// as losses.
//
// Path: NewConfusion, Add per batch, then the figures or Summary.
//
// Definitions are scikit-learn's (sklearn.metrics, version 1.5) where it has
// them, with zero_division=0; each method names its counterpart.
//
// Errors wrap ErrMetric. Nothing here is safe for concurrent use. Figures need
// no weights, no graph and no runtime.
package metric

import "errors"

// ErrMetric is wrapped by errors about values that a metric cannot count.
var ErrMetric = errors.New("cannot be counted")

// Value is a named figure, as in a results file.
type Value struct {
	Name  string
	Value float64
}
