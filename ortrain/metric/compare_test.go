package metric_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/ortrain/ortrain/ortrain/metric"
	"github.com/ortrain/ortrain/pipeline/random"
)

// Worked out by hand: bins of width 1/2 hold {.4 wrong, .5 right} and {.9
// right, .7 wrong, .8 right}: mean confidences .45 and .8, accuracies 1/2 and
// 2/3; ECE = 2/5·.05 + 3/5·(.8−2/3) = .1, MCE = .8 − 2/3.
func TestCalibration(t *testing.T) {
	c := metric.NewCalibration(2)
	for _, p := range []struct {
		confidence float64
		right      bool
	}{{.4, false}, {.5, true}, {.9, true}, {.7, false}, {.8, true}} {
		if err := c.Add(p.confidence, p.right); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "ECE", c.ECE(), .1)
	near(t, "MCE", c.MCE(), .8-2.0/3)
	if b := c.Bins(); b[0].Count != 2 || b[1].Count != 3 {
		t.Errorf("bins %+v; want 2 and 3 predictions", b)
	}
	for _, bad := range []float64{-.1, 1.1, math.NaN()} {
		if err := c.Add(bad, true); !errors.Is(err, metric.ErrMetric) {
			t.Errorf("confidence %v: got %v, want ErrMetric", bad, err)
		}
	}
	for _, edge := range []float64{0, 1} {
		if err := c.Add(edge, true); err != nil {
			t.Error(err)
		}
	}
	near(t, "ECE of nothing", metric.NewCalibration(15).ECE(), 0)
}

// Binomial tails by hand: 2·(1+10+45)/1024 for 2 of 10; 2/2⁶ for 0 of 6.
func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		a, b int
		want float64
	}{{2, 8, 112.0 / 1024}, {8, 2, 112.0 / 1024}, {0, 6, 2.0 / 64}, {5, 5, 1}, {0, 0, 1}, {3, 4, 1}} {
		got, err := metric.McNemar(c.a, c.b)
		if err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("McNemar(%d, %d) is %v, %v; want %v", c.a, c.b, got, err, c.want)
		}
	}
	if p, err := metric.McNemar(4000, 4400); err != nil || !(p > 1e-6 && p < 2e-5) { // z = 4.36
		t.Errorf("large counts: %v, %v", p, err)
	}
	if _, err := metric.McNemar(-1, 2); !errors.Is(err, metric.ErrMetric) {
		t.Errorf("got %v, want ErrMetric", err)
	}
}

// The values of the example in R's documentation of the method: p.adjust of
// .01, .02, .03, .005 is .03, .04, .04, .02.
func TestHolm(t *testing.T) {
	got := metric.Holm([]float64{.01, .02, .03, .005})
	for i, want := range []float64{.03, .04, .04, .02} {
		near(t, fmt.Sprintf("p[%d]", i), got[i], want)
	}
	if got := metric.Holm([]float64{.6, .7}); got[0] != 1 || got[1] != 1 {
		t.Errorf("got %v, want ones", got)
	}
}

// The bootstrap interval of a mean has about the width that theory gives, and
// covers the true value about as often as it says.
func TestBootstrap(t *testing.T) {
	const n, trials, truth = 200, 100, .7
	covered := 0
	r := metric.Resampling{Samples: 300, Confidence: .9, Seed: 1}
	for trial := range trials {
		right := make([]float64, n)
		s := random.New(2, random.Generate, 0, uint64(trial), 0)
		for i := range right {
			if s.Float64() < truth {
				right[i] = 1
			}
		}
		got, err := metric.Bootstrap(n, meanOf(right), r)
		if err != nil {
			t.Fatal(err)
		}
		if got.Low <= truth && truth <= got.High {
			covered++
		}
		width := 2 * 1.645 * math.Sqrt(got.Value*(1-got.Value)/n)
		if w := got.High - got.Low; math.Abs(w-width) > .3*width {
			t.Fatalf("trial %d: interval %v wide; theory says %v", trial, w, width)
		}
	}
	if covered < 80 || covered > 98 { // 90 expected, standard deviation 3
		t.Errorf("%d of %d intervals cover the truth; about 90 should", covered, trials)
	}
	if _, err := metric.Bootstrap(0, meanOf(nil), r); !errors.Is(err, metric.ErrMetric) {
		t.Errorf("no rows: got %v, want ErrMetric", err)
	}
}

func meanOf(values []float64) func(rows []int) float64 {
	return func(rows []int) float64 {
		sum := 0.0
		for _, i := range rows {
			sum += values[i]
		}
		return sum / float64(len(rows))
	}
}

func TestPairedBootstrap(t *testing.T) {
	better, same := make([]float64, 300), make([]float64, 300)
	for i := range better {
		if i%10 == 0 {
			better[i] = 1 // right on thirty rows more
		}
		same[i] = []float64{1, -1, 0}[i%3]
	}
	r := metric.DefaultResampling()
	gain, p, err := metric.PairedBootstrap(300, meanOf(better), r)
	if err != nil || p > .001 || math.Abs(gain.Value-.1) > 1e-12 || gain.Low <= 0 {
		t.Errorf("clearly better: gain %+v, p %v, %v", gain, p, err)
	}
	if _, p, _ := metric.PairedBootstrap(300, meanOf(same), r); p < .3 || p > .7 {
		t.Errorf("equal: p is %v", p)
	}
	again, _, _ := metric.PairedBootstrap(300, meanOf(better), r)
	if again != gain {
		t.Error("the same arguments gave another interval")
	}
}

func ExampleMcNemar() {
	p, err := metric.McNemar(2, 8)
	fmt.Printf("%.4f %v\n", p, err)
	// Output: 0.1094 <nil>
}

func ExampleBootstrap() {
	right := []float64{1, 1, 0, 1, 1, 1, 0, 1, 1, 1}
	accuracy := func(rows []int) float64 {
		hits := 0.0
		for _, i := range rows {
			hits += right[i]
		}
		return hits / float64(len(rows))
	}
	got, err := metric.Bootstrap(len(right), accuracy, metric.DefaultResampling())
	fmt.Printf("%.2f in [%.2f, %.2f] %v\n", got.Value, got.Low, got.High, err)
	// Output: 0.80 in [0.50, 1.00] <nil>
}
