package feed

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/sample"
)

func TestMixing(t *testing.T) {
	cfg := testConfig(t)
	cfg.Mix = []Dataset{{Weight: 3}, {Weight: 1}, {Weight: 0.5}}
	sets := []parts{newGenerated(1, 60, 60), newGenerated(2, 200, 80), newGenerated(3, 5)}
	var want [][]*sample.Batch
	for _, budget := range budgets {
		cfg.CacheBytes = budget
		f := openSource(t, cfg, sets...)
		if f.Rows() != 405 {
			t.Fatalf("%d rows", f.Rows())
		}
		counts := map[uint64]int{}
		for epoch := range 4 {
			got := pass(t, f, sample.Cursor{Epoch: epoch})
			if len(want) == epoch {
				want = append(want, got)
			}
			if diff := cmp.Diff(want[epoch], got); diff != "" {
				t.Fatalf("budget %d, epoch %d: %s", budget, epoch, diff)
			}
			if n := len(rowsOf(got)); n != 405 {
				t.Errorf("an epoch has %d rows", n)
			}
			for i := 0; i+6 <= len(got); i += 6 { // a shuffle window
				shares := [3]int{}
				for _, row := range rowsOf(got[i : i+6]) {
					counts[row]++
					shares[set(row)]++
				}
				for k, w := range []float64{3, 1, 0.5} {
					if expect := 24 * w / 4.5; math.Abs(float64(shares[k])-expect) > 2 {
						t.Errorf("epoch %d, batch %d: shares %v", epoch, i, shares)
					}
				}
			}
			for _, row := range rowsOf(got[len(got)/6*6:]) {
				counts[row]++
			}
			for i, b := range got {
				if i%17 != 0 {
					continue
				}
				if diff := cmp.Diff(got[i+1:], append([]*sample.Batch{}, pass(t, f, b.Cursor)...)); diff != "" {
					t.Fatalf("budget %d, epoch %d: resumed after batch %d: %s", budget, epoch, i, diff)
				}
			}
		}
		evenly(t, counts)
	}
}

// set is the data set of a row of TestMixing.
func set(row uint64) int {
	switch {
	case row < 120:
		return 0
	case row < 400:
		return 1
	}
	return 2
}

// evenly checks that no row of a set comes twice more than another.
func evenly(t *testing.T, counts map[uint64]int) {
	t.Helper()
	for k, size := range []int{120, 280, 5} {
		least, most := math.MaxInt, 0
		for row := range uint64(405) {
			if set(row) == k {
				least, most = min(least, counts[row]), max(most, counts[row])
			}
		}
		if most-least > 1 {
			t.Errorf("rows of the set of %d come between %d and %d times", size, least, most)
		}
	}
}

func TestMixWithoutWeightsIsTheUnion(t *testing.T) {
	cfg := testConfig(t)
	f := openSource(t, cfg, newGenerated(1, 30), newGenerated(2, 40, 10))
	seen := rowsOf(pass(t, f, sample.Cursor{Epoch: 5}))
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 80 {
		t.Errorf("%d of 80 rows came", len(seen))
	}
	ex, err := f.Example(t.Context(), 35)
	if want := newGenerated(2, 50).example(5); err != nil || ex.Text != want.Text || ex.Row != 35 {
		t.Errorf("row 35 is %+v, %v, want %q", ex, err, want.Text)
	}
}

func ExampleDataset() {
	cfg := DefaultConfig()
	cfg.Mix = []Dataset{{Files: []string{"own.parquet"}, Weight: 0.8}, {Files: []string{"public.parquet"}, Weight: 0.2}}
	for i, rows := range quotas([]int{100, 900}, []float64{cfg.Mix[0].Weight, cfg.Mix[1].Weight}) {
		fmt.Println(cfg.Mix[i].Files[0], rows)
	}
	// Output:
	// own.parquet 800
	// public.parquet 200
}
