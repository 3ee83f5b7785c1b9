package probe_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/probe"
	"github.com/ortrain/ortrain/pipeline/random"
)

// clouds draws rows around one centre for each class; shift moves the centres.
func clouds(n, width, classes int, seed uint64, apart float64) (probe.Vectors, []int) {
	x := probe.Vectors{Width: width}
	var y []int
	for i := range n {
		c := i % classes
		s := random.New(seed, random.Generate, 0, uint64(i), 0)
		for k := range width {
			centre := 0.0
			if k%classes == c {
				centre = apart
			}
			x.Values = append(x.Values, float32(5+100*(centre+s.Normal()))) // neither centred nor scaled
		}
		y = append(y, c)
	}
	return x, y
}

func accuracy(t *testing.T, p *probe.Probe, x probe.Vectors, y []int) float64 {
	t.Helper()
	hits := 0
	for i := range y {
		prob, err := p.Probabilities(x.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		best, sum := 0, 0.0
		for c, v := range prob {
			sum += float64(v)
			if v > prob[best] {
				best = c
			}
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Fatalf("probabilities sum to %v", sum)
		}
		if best == y[i] {
			hits++
		}
	}
	return float64(hits) / float64(len(y))
}

// Three spherical clouds at distance √2·a: the best classifier is linear, and
// the probe comes close to it on new rows (the Bayes rate by simulation).
func TestComesCloseToTheBestLinearRule(t *testing.T) {
	train, labels := clouds(3000, 3, 3, 1, 2)
	test, truth := clouds(6000, 3, 3, 2, 2)
	best := 0.0
	for i := range truth {
		row, guess := test.Row(i), 0
		for k, v := range row {
			if v > row[guess] {
				guess = k
			}
		}
		if guess == truth[i] {
			best++
		}
	}
	best /= float64(len(truth))
	p, err := probe.Fit(t.Context(), train, labels, 3, probe.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(t, p, test, truth); got < best-.01 {
		t.Errorf("accuracy %.4f; the best rule has %.4f", got, best)
	}
}

func TestRepeats(t *testing.T) {
	x, y := clouds(200, 5, 2, 3, 1)
	var first []float32
	for range 2 {
		p, err := probe.Fit(t.Context(), x, y, 2, probe.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Probabilities(x.Row(7))
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && first[0] != got[0] {
			t.Errorf("%v, then %v", first, got)
		}
		first = got
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	x, y := clouds(20, 5, 2, 3, 1)
	for name, fit := range map[string]func() (*probe.Probe, error){
		"no rows": func() (*probe.Probe, error) {
			return probe.Fit(t.Context(), probe.Vectors{Width: 5}, nil, 2, probe.DefaultOptions())
		},
		"labels":    func() (*probe.Probe, error) { return probe.Fit(t.Context(), x, y[1:], 2, probe.DefaultOptions()) },
		"one class": func() (*probe.Probe, error) { return probe.Fit(t.Context(), x, y, 1, probe.DefaultOptions()) },
		"class": func() (*probe.Probe, error) {
			return probe.Fit(t.Context(), x, append(y[:19:19], 7), 2, probe.DefaultOptions())
		},
		"no options": func() (*probe.Probe, error) { return probe.Fit(t.Context(), x, y, 2, probe.Options{}) },
	} {
		if _, err := fit(); !errors.Is(err, probe.ErrData) {
			t.Errorf("%s: got %v, want ErrData", name, err)
		}
	}
	p, err := probe.Fit(t.Context(), x, y, 2, probe.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Probabilities([]float32{1}); !errors.Is(err, probe.ErrData) {
		t.Errorf("got %v, want ErrData", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := probe.Fit(ctx, x, y, 2, probe.DefaultOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func Example() {
	x := probe.Vectors{Width: 2, Values: []float32{0, 1, 0, 2, 5, 1, 5, 2}}
	p, err := probe.Fit(context.Background(), x, []int{0, 0, 1, 1}, 2, probe.DefaultOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	prob, err := p.Probabilities([]float32{4, 1})
	fmt.Println(prob[1] > prob[0], err)
	// Output: true <nil>
}
