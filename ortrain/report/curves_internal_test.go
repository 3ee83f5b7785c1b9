package report

import (
	"slices"
	"testing"

	"github.com/ortrain/ortrain/ortrain/report/chart"
)

func TestLongCurvesKeepTheirPeaks(t *testing.T) {
	var long chart.Series
	for i := range 100_000 {
		long.X, long.Y = append(long.X, float64(i)), append(long.Y, float64(i%10))
	}
	const peak, valley = 77_777, 31_313
	long.Y[peak], long.Y[valley] = 99, -99
	got := thin(long)
	if len(got.X) > mostPoints || len(got.X) != len(got.Y) {
		t.Fatalf("%d and %d points of %d; at most %d are expected", len(got.X), len(got.Y), len(long.X), mostPoints)
	}
	for at, want := range map[float64]float64{peak: 99, valley: -99} {
		if i := slices.Index(got.X, at); i < 0 || got.Y[i] != want {
			t.Errorf("the point at %g is lost", at)
		}
	}
	if !slices.IsSorted(got.X) {
		t.Error("the points are not in order")
	}
	short := chart.Series{X: []float64{1, 2}, Y: []float64{3, 4}}
	if got := thin(short); !slices.Equal(got.Y, short.Y) {
		t.Errorf("a short curve became %v", got.Y)
	}
}
