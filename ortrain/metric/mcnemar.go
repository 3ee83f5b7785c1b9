package metric

import (
	"fmt"
	"math"
	"slices"
)

// McNemar tests whether two classifiers are equally often right on the same
// rows: onlyFirst rows are right with the first alone, onlySecond with the
// second alone. It returns the two-sided p of the exact binomial test; 1 when
// they never differ.
//
// Source: McNemar (1947); exact form as in Dietterich, "Approximate Statistical
// Tests for Comparing Supervised Classification Learning Algorithms" (1998),
// section 3.1, with the binomial in place of χ².
func McNemar(onlyFirst, onlySecond int) (p float64, err error) {
	if onlyFirst < 0 || onlySecond < 0 {
		return 0, fmt.Errorf("metric: %d and %d rows differ; counts cannot be negative: %w", onlyFirst, onlySecond, ErrMetric)
	}
	n, k := onlyFirst+onlySecond, min(onlyFirst, onlySecond)
	tail := 0.0
	for i := 0; i <= k; i++ {
		tail += math.Exp(logChoose(n, i) - float64(n)*math.Ln2)
	}
	return min(1, 2*tail), nil
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// Holm corrects the p of several tests made together: the family-wise error
// stays below α if those with a result below α are taken for real. Results are
// in the order of the arguments.
//
// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure"
// (1979); adjusted values as in R's p.adjust(method = "holm").
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	largest := 0.0
	for rank, i := range order {
		largest = max(largest, min(1, float64(len(p)-rank)*p[i]))
		out[i] = largest
	}
	return out
}
