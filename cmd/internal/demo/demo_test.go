package demo

import (
	"reflect"
	"slices"
	"testing"
)

func generated(t *testing.T) Splits {
	t.Helper()
	s, err := Generate(42, 2100, 420, 560)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSplitsAreDisjointAndRepeatable(t *testing.T) {
	s := generated(t)
	if again := generated(t); !reflect.DeepEqual(s, again) {
		t.Error("the same seed gave other rows")
	}
	seen := make(map[string]bool)
	for _, r := range slices.Concat(s.Train, s.Validation, s.Test) {
		if key := normalise(r.Text); seen[key] {
			t.Errorf("%q occurs twice", r.Text)
		} else {
			seen[key] = true
		}
	}
	if len(seen) < 3000 || len(intents) < 12 {
		t.Errorf("%d rows of %d intents", len(seen), len(intents))
	}
}

// A label is too easy if one word is in all of its rows.
func TestNoLabelHasAKeywordOfItsOwn(t *testing.T) {
	s := generated(t)
	rows := slices.Concat(s.Train, s.Validation, s.Test)
	for _, label := range Labels() {
		count, n := make(map[string]int), 0
		for _, r := range rows {
			if r.Label != label {
				continue
			}
			n++
			found := make(map[string]bool)
			for _, w := range words(r.Text) {
				found[w] = true
			}
			for w := range found {
				count[w]++
			}
		}
		if n == 0 {
			t.Errorf("no rows of %s", label)
		}
		for w, c := range count {
			if c == n {
				t.Errorf("%q is in all %d rows of %s", w, n, label)
			}
		}
	}
}

func TestBayesLearnsAndIsBeatable(t *testing.T) {
	s := generated(t)
	b := TrainBayes(s.Train)
	right := 0
	for _, r := range s.Test {
		if b.Predict(r.Text) == r.Label {
			right++
		}
	}
	accuracy := float64(right) / float64(len(s.Test))
	t.Logf("naive Bayes: %.3f", accuracy)
	if accuracy < 0.3 || accuracy > 0.9 {
		t.Errorf("accuracy %.3f; chance is %.2f and a baseline that needs no model would leave nothing to show", accuracy, 1/float64(len(intents)))
	}
}

func TestGenerateRefusesTheImpossible(t *testing.T) {
	if _, err := Generate(1, 1<<22, 0, 0); err == nil {
		t.Error("more rows than there are texts were generated")
	}
}
