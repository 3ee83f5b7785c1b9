package metric_test

import (
	"errors"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/pipeline/sample"
)

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-15 {
		t.Errorf("%s is %.17g, want %.17g", name, got, want)
	}
}

// The numbers are worked out by hand in the comments.
func TestConfusion(t *testing.T) {
	for _, c := range []struct {
		name                                string
		classes                             int
		actual, predicted                   []int64
		accuracy, macro, micro, correlation float64
	}{
		{
			// Actual counts 2, 1, 1; predicted 1, 2, 1; hits 1, 1, 1.
			// F1 = 2·1/(1+2), 2·1/(2+1), 2·1/(1+1) = 2/3, 2/3, 1: macro 7/9.
			// Matthews: s 4, c 3, Σpt = 2+2+1 = 5, Σp² = 1+4+1 = 6, Σt² = 6:
			// (12−5)/√(10·10) = 0.7.
			name: "three classes", classes: 3,
			actual: []int64{0, 0, 1, 2}, predicted: []int64{0, 1, 1, 2},
			accuracy: 0.75, macro: 7.0 / 9, micro: 0.75, correlation: 0.7,
		},
		{
			// Class 2 never occurs and class 3 is only predicted: the mean is over
			// classes 0, 1 and 3. F1 = 2/(1+1), 0, 0: macro 1/3.
			// s 2, c 1, Σpt = 1, Σp² = 2, Σt² = 2: (2−1)/√(2·2) = 0.5.
			name: "classes that do not occur", classes: 4,
			actual: []int64{0, 1}, predicted: []int64{0, 3},
			accuracy: 0.5, macro: 1.0 / 3, micro: 0.5, correlation: 0.5,
		},
		{
			// Two classes, TP 2, TN 1, FP 1, FN 2 for class 1:
			// (2·1−1·2)/√(…) = 0. F1 of 1 = 4/(3+4), of 0 = 2/(3+2).
			name: "no correlation", classes: 2,
			actual:    []int64{1, 1, 1, 1, 0, 0},
			predicted: []int64{1, 1, 0, 0, 0, 1},
			accuracy:  0.5, macro: (4.0/7 + 2.0/5) / 2, micro: 0.5, correlation: 0,
		},
		{
			// All predictions the same: the denominator is 0.
			name: "one prediction", classes: 2,
			actual: []int64{1, 0}, predicted: []int64{1, 1},
			accuracy: 0.5, macro: (2.0 / 3) / 2, micro: 0.5, correlation: 0,
		},
		{
			name: "all wrong", classes: 2,
			actual: []int64{1, 0}, predicted: []int64{0, 1},
			accuracy: 0, macro: 0, micro: 0, correlation: -1,
		},
		{
			name: "ignored places", classes: 2,
			actual: []int64{sample.Ignore, 1, sample.Ignore, 0}, predicted: []int64{-7, 1, 9, 0},
			accuracy: 1, macro: 1, micro: 1, correlation: 1,
		},
		{name: "nothing", classes: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, parts := metric.NewConfusion(c.classes), metric.NewConfusion(c.classes)
			if err := whole.Add(c.predicted, c.actual); err != nil {
				t.Fatal(err)
			}
			for i := range c.actual {
				if err := parts.Add(c.predicted[i:i+1], c.actual[i:i+1]); err != nil {
					t.Fatal(err)
				}
			}
			for _, m := range []*metric.Confusion{whole, parts} {
				near(t, "accuracy", m.Accuracy(), c.accuracy)
				near(t, "macro F1", m.MacroF1(), c.macro)
				near(t, "micro F1", m.MicroF1(), c.micro)
				near(t, "Matthews", m.Matthews(), c.correlation)
			}
		})
	}
}

func TestConfusionPerClass(t *testing.T) {
	m := metric.NewConfusion(3)
	if err := m.Add([]int64{0, 1, 1, 2, 1}, []int64{0, 0, 1, 2, 0}); err != nil {
		t.Fatal(err)
	}
	if m.Total() != 5 || m.Classes() != 3 {
		t.Errorf("%d of %d classes", m.Total(), m.Classes())
	}
	if got := m.Count(0, 1); got != 2 {
		t.Errorf("class 0 was taken for 1 %d times, want 2", got)
	}
	if got := m.Count(1, 0); got != 0 {
		t.Errorf("class 1 was taken for 0 %d times, want 0", got)
	}
	near(t, "precision of 1", m.Precision(1), 1.0/3)
	near(t, "recall of 0", m.Recall(0), 1.0/3)
	near(t, "F1 of 0", m.F1(0), 0.5)
	want := map[string]float64{"accuracy": 0.6, "f1_macro": (0.5 + 0.5 + 1) / 3, "f1_micro": 0.6, "matthews_correlation": m.Matthews()}
	for _, v := range m.Summary() {
		near(t, v.Name, v.Value, want[v.Name])
		delete(want, v.Name)
	}
	if len(want) > 0 {
		t.Errorf("the summary lacks %v", want)
	}
}

func TestConfusionRefuses(t *testing.T) {
	for _, c := range []struct {
		name              string
		predicted, actual []int64
	}{
		{"lengths", []int64{0}, []int64{0, 1}},
		{"label too large", []int64{0, 0}, []int64{0, 2}},
		{"prediction too large", []int64{0, 2}, []int64{0, 1}},
		{"negative label", []int64{0, 0}, []int64{0, -1}},
	} {
		m := metric.NewConfusion(2)
		if err := m.Add(c.predicted, c.actual); !errors.Is(err, metric.ErrMetric) {
			t.Errorf("%s: %v", c.name, err)
		}
		if m.Total() != 0 {
			t.Errorf("%s: %d places of a refused batch were counted", c.name, m.Total())
		}
	}
}

func TestMean(t *testing.T) {
	var m metric.Mean
	near(t, "empty", m.Value(), 0)
	m.Add(2, 3)
	m.Add(math.NaN(), 0)
	m.Add(5, 1)
	near(t, "mean", m.Value(), 11.0/4)
	near(t, "weight", m.Weight(), 4)
	m.Add(math.NaN(), 1)
	if !math.IsNaN(m.Value()) {
		t.Error("a loss that is not a number vanished")
	}
}

// Without compensation ten million tenths miss a million by more than 1e-4.
func TestMeanOfMany(t *testing.T) {
	var m metric.Mean
	for range 10_000_000 {
		m.Add(0.1, 1)
	}
	near(t, "mean", m.Value(), 0.1)
}
