package metric

import (
	"fmt"
	"math"
)

// Calibration compares how sure a classifier is with how often it is right, in
// equal bins of confidence (0, 1/M], …, ((M−1)/M, 1].
//
// Source: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural
// Networks" (ICML 2017), section 2, equations 2 to 5.
type Calibration struct {
	bins  []Bin
	total int64
}

// Bin is the predictions whose confidence lies in (Low, High].
type Bin struct {
	Low, High float64
	Count     int64
	// Confidence is the mean of the confidences, Accuracy the share of right
	// predictions; both 0 for an empty bin.
	Confidence, Accuracy float64
}

// NewCalibration returns an empty count with the given number of bins (at least
// one; 15 in the paper).
func NewCalibration(bins int) *Calibration {
	bins = max(bins, 1)
	c := &Calibration{bins: make([]Bin, bins)}
	for i := range c.bins {
		c.bins[i].Low, c.bins[i].High = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	return c
}

// Add counts one prediction: the probability of the class that was predicted,
// and whether it was right.
func (c *Calibration) Add(confidence float64, right bool) error {
	if !(confidence >= 0 && confidence <= 1) {
		return fmt.Errorf("metric: confidence %g; a probability is expected: %w", confidence, ErrMetric)
	}
	i := int(math.Ceil(confidence*float64(len(c.bins)))) - 1
	b := &c.bins[min(max(i, 0), len(c.bins)-1)]
	b.Count++
	c.total++
	n := float64(b.Count)
	b.Confidence += (confidence - b.Confidence) / n
	hit := 0.0
	if right {
		hit = 1
	}
	b.Accuracy += (hit - b.Accuracy) / n
	return nil
}

// Bins returns the bins from the least sure to the surest.
func (c *Calibration) Bins() []Bin { return append([]Bin(nil), c.bins...) }

// ECE is the expected calibration error: the mean of |accuracy − confidence|
// over the bins, weighted by their counts; 0 without predictions.
func (c *Calibration) ECE() float64 {
	sum := 0.0
	for _, b := range c.bins {
		sum += float64(b.Count) * math.Abs(b.Accuracy-b.Confidence)
	}
	if c.total == 0 {
		return 0
	}
	return sum / float64(c.total)
}

// MCE is the maximum calibration error: the largest |accuracy − confidence| of
// the bins that are not empty.
func (c *Calibration) MCE() float64 {
	worst := 0.0
	for _, b := range c.bins {
		if b.Count > 0 {
			worst = max(worst, math.Abs(b.Accuracy-b.Confidence))
		}
	}
	return worst
}
