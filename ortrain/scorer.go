package ortrain

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/ortrain/task"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// ClassScorer turns the logits of a classifier into accuracy, F1 and Matthews'
// correlation. It implements Scorer.
type ClassScorer struct{ confusion *metric.Confusion }

// NewClassScorer returns a scorer for so many classes.
func NewClassScorer(classes int) *ClassScorer { return &ClassScorer{metric.NewConfusion(classes)} }

// Add implements Scorer.
func (s *ClassScorer) Add(out Outputs, b *sample.Batch) error {
	p, err := task.Classification().Predict(out.Logits, out.LogitsShape)
	if err != nil {
		return err
	}
	if len(b.Labels.Int) != len(p.Labels) {
		return fmt.Errorf("%d predictions for %d labels", len(p.Labels), len(b.Labels.Int))
	}
	return s.confusion.Add(p.Labels, b.Labels.Int)
}

// Metrics implements Scorer.
func (s *ClassScorer) Metrics() map[string]float64 {
	m := make(map[string]float64)
	for _, v := range s.confusion.Summary() {
		m[v.Name] = v.Value
	}
	return m
}
