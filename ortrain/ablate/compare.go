package ablate

import (
	"fmt"
	"math"

	"github.com/ortrain/ortrain/ortrain/metric"
)

// Comparison is a recipe against plain training on the same rows and seeds.
type Comparison struct {
	// Gain is the mean difference of accuracy, with its interval over the rows.
	Gain Interval `json:"gain"`
	// Rows is the p of the paired bootstrap over rows, Seeds that of the paired t
	// test over seeds, both of the claim that the recipe is no better.
	Rows  float64 `json:"p_rows"`
	Seeds float64 `json:"p_seeds"`
	// P is the larger of the two, Holm is P after the correction over all that was
	// tried; in a final comparison, of one, they are the same.
	P    float64 `json:"p"`
	Holm float64 `json:"p_holm"`
	// McNemar is the two-sided p of McNemar's test over rows, each of which counts
	// as right if more than half of the seeds have it right.
	McNemar float64 `json:"p_mcnemar"`
}

// Interval is a figure with its bounds.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// compare compares outcomes of the same seeds in the same order.
func (p Plan) compare(with, plain []Outcome) (c *Comparison, err error) {
	c = new(Comparison)
	rows := len(plain[0].Right)
	gains := make([]float64, rows) // of each row, the mean over seeds
	differences := make([]float64, len(with))
	var votes [2][]int
	votes[0], votes[1] = make([]int, rows), make([]int, rows)
	for k := range with {
		if len(with[k].Right) != rows || len(plain[k].Right) != rows {
			return c, fmt.Errorf("ablate: outcomes of %d, %d and %d rows; they must be of the same rows: %w", rows, len(with[k].Right), len(plain[k].Right), ErrOutcome)
		}
		if with[k].Steps != plain[k].Steps {
			return c, fmt.Errorf("ablate: %d steps with the recipe, %d without; the budget must be the same: %w", with[k].Steps, plain[k].Steps, ErrOutcome)
		}
		differences[k] = with[k].accuracy() - plain[k].accuracy()
		for i := range rows {
			a, b := one(with[k].Right[i]), one(plain[k].Right[i])
			gains[i] += float64(a-b) / float64(len(with))
			votes[0][i] += a
			votes[1][i] += b
		}
	}
	difference, share, err := metric.PairedBootstrap(rows, func(rows []int) float64 {
		sum := 0.0
		for _, i := range rows {
			sum += gains[i]
		}
		return sum / float64(len(rows))
	}, p.Resampling)
	if err != nil {
		return c, err
	}
	c.Gain = Interval(difference)
	// A bootstrap cannot tell a p below the share of one sample.
	c.Rows = max(share, 1/float64(p.Resampling.Samples+1))
	c.Seeds = pairedT(differences, 1/float64(rows))
	c.P = max(c.Rows, c.Seeds)
	c.Holm = c.P
	c.McNemar, err = majorities(votes, len(with))
	return c, err
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// pairedT is the one-sided p of Student's paired t test that the mean of the
// differences is not above 0. grain is the smallest step of a difference: a
// spread below half of it cannot be seen, so that few seeds which agree by
// rounding are not taken for certainty.
func pairedT(differences []float64, grain float64) float64 {
	mean, sd := spread(differences)
	n := len(differences)
	sd = max(sd, grain/2)
	return studentTail(mean*math.Sqrt(float64(n))/sd, n-1)
}

// spread is mean and standard deviation (of a sample: n−1).
func spread(values []float64) (mean, sd float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(sd)
}

// majorities is McNemar's test of two ensembles: votes say of each how many of
// its members have a row right.
func majorities(votes [2][]int, members int) (float64, error) {
	first, second := 0, 0
	for i := range votes[0] {
		a, b := 2*votes[0][i] > members, 2*votes[1][i] > members
		switch {
		case a && !b:
			first++
		case b && !a:
			second++
		}
	}
	return metric.McNemar(first, second)
}
