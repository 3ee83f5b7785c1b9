package ablate

import (
	"math"
	"testing"
)

// Values of Student's t (R 4.4: qt(p, df, lower.tail = FALSE)), and the closed
// form of one degree of freedom.
func TestStudentTail(t *testing.T) {
	for _, c := range []struct {
		t    float64
		df   int
		want float64
	}{
		{0, 3, 0.5},
		{6.313751514675043, 1, 0.05},
		{2.919985580353726, 2, 0.05},
		{2.131846786326649, 4, 0.05},
		{3.746947387979197, 4, 0.01},
		{1.833112932653949, 9, 0.05},
		{-1.833112932653949, 9, 0.95},
		{3.182446305284263, 3, 0.025},
		{1.6448536269514722, 1 << 30, 0.05},
	} {
		if got := studentTail(c.t, c.df); math.Abs(got-c.want) > 1e-9 && (c.df < 1<<30 || math.Abs(got-c.want) > 1e-6) {
			t.Errorf("P(T > %g) with %d degrees of freedom is %.12f, want %.12f", c.t, c.df, got, c.want)
		}
	}
	for x := -20.0; x <= 20; x += 0.37 {
		if got, want := studentTail(x, 1), 0.5-math.Atan(x)/math.Pi; math.Abs(got-want) > 1e-12 {
			t.Errorf("P(T > %g) with 1 degree of freedom is %.15f, want %.15f", x, got, want)
		}
	}
	if got := studentTail(math.Inf(1), 4); got != 0 {
		t.Errorf("P(T > ∞) is %g", got)
	}
}
