package inspect

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSlots(t *testing.T) {
	last := -1
	for v := 0; v < 1<<20; v++ {
		at := slot(v)
		if at < last || at > last+1 {
			t.Fatalf("length %d is at %d, the one before at %d", v, at, last)
		}
		last = at
		if low := length(at); low > v || float64(v-low) > 0.016*float64(v) {
			t.Fatalf("length %d is kept as %d", v, low)
		}
		if slot(length(at)) != at {
			t.Fatalf("slot %d holds %d, which is at %d", at, length(at), slot(length(at)))
		}
	}
	if at := slot(1 << 40); at > 10_000 || length(at) != 1<<40 {
		t.Errorf("a text of 2⁴⁰ characters is at %d", at)
	}
}

func TestHistogram(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		var h histogram
		var all []int
		for range 1 + r.IntN(500) {
			v := r.IntN(1 + r.IntN(3000))
			all = append(all, v)
			h.add(v)
		}
		slices.Sort(all)
		got := h.report()
		if got.Least != all[0] || got.Most != all[len(all)-1] || got.Median != all[(len(all)-1)/2] {
			t.Fatalf("%v of %v", got, all)
		}
		for _, q := range []float64{.01, .5, .95, .99, 1} {
			within := 0
			v := h.quantile(q)
			for _, x := range all {
				if x <= v {
					within++
				}
			}
			if float64(within) < q*float64(len(all)) || !slices.Contains(all, v) {
				t.Fatalf("quantile %g is %d: %d of %d", q, v, within, len(all))
			}
		}
		from, width, n := binning([]*histogram{&h})
		sum := int64(0)
		for i, b := range h.bins(from, width, n) {
			sum += b.Count
			want := int64(0)
			for _, x := range all {
				if x >= b.From && (x <= b.To || b.To < 0) {
					want++
				}
			}
			if b.Count != want || b.From%width != 0 || i == n-1 != (b.To == -1) {
				t.Fatalf("bin %+v of width %d has %d", b, width, want)
			}
		}
		if sum != h.n || n > mostBins {
			t.Fatalf("%d of %d rows are in %d bins", sum, h.n, n)
		}
	}
}

// Bins of nothing, and widths.
func TestBinning(t *testing.T) {
	if from, width, n := binning([]*histogram{{}}); from != 0 || width != 1 || n != 1 {
		t.Errorf("%d %d %d", from, width, n)
	}
	for want := range slices.Values([]int{2, 5, 10, 20, 50, 100, 200, 500}) {
		last := map[int]int{2: 1, 5: 2, 10: 5, 20: 10, 50: 20, 100: 50, 200: 100, 500: 200}[want]
		if got := wider(last); got != want {
			t.Errorf("after %d comes %d; %d is expected", last, got, want)
		}
	}
}
