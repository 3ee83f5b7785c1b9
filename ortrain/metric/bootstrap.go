package metric

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Interval is a figure with the bounds between which it lies with the asked
// confidence.
type Interval struct{ Value, Low, High float64 }

// Resampling says how to bootstrap. The zero value is not useful; see
// DefaultResampling.
type Resampling struct {
	// Samples is how many times the rows are drawn anew.
	Samples int
	// Confidence of the interval, such as 0.95.
	Confidence float64
	Seed       uint64
}

// DefaultResampling draws 2,000 times for a 95 % interval.
func DefaultResampling() Resampling { return Resampling{Samples: 2000, Confidence: 0.95, Seed: 42} }

func (r Resampling) check(n int) error {
	if r.Samples < 1 || !(r.Confidence > 0 && r.Confidence < 1) || n < 1 {
		return fmt.Errorf("metric: %d samples of %d rows at confidence %g; at least one of each and a confidence between 0 and 1 are expected: %w",
			r.Samples, n, r.Confidence, ErrMetric)
	}
	return nil
}

// Bootstrap returns figure over all n rows with its percentile interval: figure
// is computed over Samples lists of n row numbers drawn with replacement.
// figure must not keep the list. Equal arguments give equal results.
//
// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
// section 13.3, the percentile interval.
func Bootstrap(n int, figure func(rows []int) float64, r Resampling) (Interval, error) {
	if err := r.check(n); err != nil {
		return Interval{}, err
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	out := Interval{Value: figure(rows)}
	draws := make([]float64, r.Samples)
	for k := range draws {
		resample(rows, r.Seed, k)
		draws[k] = figure(rows)
	}
	slices.Sort(draws)
	tail := (1 - r.Confidence) / 2
	out.Low, out.High = quantile(draws, tail), quantile(draws, 1-tail)
	return out, nil
}

// PairedBootstrap compares two systems on the same n rows. gain is how much
// better the first is than the second over a list of rows. The result is the
// gain with its interval, and p: the share of resamples in which the first is
// not better, so a small p says that the first is better.
//
// Source: Koehn, "Statistical Significance Tests for Machine Translation
// Evaluation" (EMNLP 2004), section 4.
func PairedBootstrap(n int, gain func(rows []int) float64, r Resampling) (difference Interval, p float64, err error) {
	notBetter := -1 // the first call is over all rows and does not count
	difference, err = Bootstrap(n, func(rows []int) float64 {
		d := gain(rows)
		if notBetter < 0 {
			notBetter = 0
		} else if d <= 0 {
			notBetter++
		}
		return d
	}, r)
	if err != nil {
		return difference, 0, err
	}
	return difference, float64(notBetter) / float64(r.Samples), nil
}

func resample(rows []int, seed uint64, k int) {
	s := random.New(seed, random.Evaluate, 0, uint64(k), 0)
	for i := range rows {
		rows[i] = s.IntN(len(rows))
	}
}

// quantile interpolates linearly between sorted values (numpy's default).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}
