package metric

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Confusion counts how often each class was predicted for each actual one.
type Confusion struct {
	classes int
	cells   map[cell]int64
	// hits, predicted and actual count per class; total and correct count all.
	hits, predicted, actual []int64
	total, correct          int64
}

type cell struct{ actual, predicted int }

// NewConfusion returns an empty count over classes 0 … classes−1.
func NewConfusion(classes int) *Confusion {
	classes = max(classes, 0)
	return &Confusion{
		classes: classes, cells: make(map[cell]int64),
		hits: make([]int64, classes), predicted: make([]int64, classes), actual: make([]int64, classes),
	}
}

// Add counts a batch. Places whose actual class is sample.Ignore do not count.
// A class out of range is an error, and then nothing of the batch is counted.
func (c *Confusion) Add(predicted, actual []int64) error {
	if len(predicted) != len(actual) {
		return fmt.Errorf("metric: %d predictions for %d labels: %w", len(predicted), len(actual), ErrMetric)
	}
	for i, a := range actual {
		if a == sample.Ignore {
			continue
		}
		for _, v := range []int64{a, predicted[i]} {
			if v < 0 || v >= int64(c.classes) {
				return fmt.Errorf("metric: class %d at place %d; there are %d classes: %w", v, i, c.classes, ErrMetric)
			}
		}
	}
	for i, a := range actual {
		if a != sample.Ignore {
			c.count(int(predicted[i]), int(a))
		}
	}
	return nil
}

func (c *Confusion) count(predicted, actual int) {
	c.cells[cell{actual, predicted}]++
	c.predicted[predicted]++
	c.actual[actual]++
	c.total++
	if predicted == actual {
		c.hits[actual]++
		c.correct++
	}
}

// Classes returns the number of classes.
func (c *Confusion) Classes() int { return c.classes }

// Total returns the number of predictions that count.
func (c *Confusion) Total() int64 { return c.total }

// Count returns how often class predicted was given to what was actual
// (sklearn.metrics.confusion_matrix, row actual, column predicted).
func (c *Confusion) Count(actual, predicted int) int64 { return c.cells[cell{actual, predicted}] }

// Accuracy is the share of right predictions, 0 without any
// (sklearn.metrics.accuracy_score).
func (c *Confusion) Accuracy() float64 { return ratio(float64(c.correct), float64(c.total)) }

// Precision is the share of right ones among the predictions of a class, 0 if
// there are none (sklearn.metrics.precision_score, average=None).
func (c *Confusion) Precision(class int) float64 {
	return ratio(float64(c.hits[class]), float64(c.predicted[class]))
}

// Recall is the share of a class that was found, 0 if the class did not occur
// (sklearn.metrics.recall_score, average=None).
func (c *Confusion) Recall(class int) float64 {
	return ratio(float64(c.hits[class]), float64(c.actual[class]))
}

// F1 is the harmonic mean of a class's precision and recall, 0 if both are
// (sklearn.metrics.f1_score, average=None).
func (c *Confusion) F1(class int) float64 {
	return ratio(2*float64(c.hits[class]), float64(c.predicted[class]+c.actual[class]))
}

// MacroF1 is the mean of F1 over the classes that occur as a label or as a
// prediction (sklearn.metrics.f1_score, average="macro", labels=None).
func (c *Confusion) MacroF1() float64 {
	var m Mean
	for class := range c.classes {
		if c.actual[class]+c.predicted[class] > 0 {
			m.Add(c.F1(class), 1)
		}
	}
	return m.Value()
}

// MicroF1 is F1 over the counts of all classes together
// (sklearn.metrics.f1_score, average="micro"). With one prediction for every
// label it equals Accuracy.
func (c *Confusion) MicroF1() float64 {
	return ratio(2*float64(c.correct), float64(c.total+c.total))
}

// Matthews is Matthews' correlation coefficient for any number of classes, 0 if
// all labels or all predictions are of one class
// (sklearn.metrics.matthews_corrcoef; Gorodkin, "Comparing two K-category
// assignments by a K-category correlation coefficient", 2004).
func (c *Confusion) Matthews() float64 {
	s, hits := float64(c.total), float64(c.correct)
	var pt, pp, tt float64
	for k := range c.classes {
		p, t := float64(c.predicted[k]), float64(c.actual[k])
		pt += p * t
		pp += p * p
		tt += t * t
	}
	return ratio(hits*s-pt, math.Sqrt((s*s-pp)*(s*s-tt)))
}

// Summary returns the figures under the names of results files.
func (c *Confusion) Summary() []Value {
	return []Value{
		{"accuracy", c.Accuracy()},
		{"f1_macro", c.MacroF1()},
		{"f1_micro", c.MicroF1()},
		{"matthews_correlation", c.Matthews()},
	}
}

// ratio is a/b, 0 where b is 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
