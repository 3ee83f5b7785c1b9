package random_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/ortrain/ortrain/pipeline/random"
)

// The known-answer vectors of Random123 (kat_vectors, philox4x32 10).
func TestPhiloxKnownAnswers(t *testing.T) {
	const ones = math.MaxUint32
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := random.Philox(c.counter, c.key); got != c.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

func TestStreamIsKeyedByEveryPart(t *testing.T) {
	first := func(seed uint64, p random.Purpose, epoch uint32, row uint64, n uint16) uint64 {
		return random.New(seed, p, epoch, row, n).Uint64()
	}
	base := first(1, random.Order, 2, 3, 4)
	if again := first(1, random.Order, 2, 3, 4); again != base {
		t.Fatalf("equal keys gave %x and %x", base, again)
	}
	for name, other := range map[string]uint64{
		"seed":     first(2, random.Order, 2, 3, 4),
		"seed top": first(1<<40|1, random.Order, 2, 3, 4),
		"purpose":  first(1, random.Split, 2, 3, 4),
		"epoch":    first(1, random.Order, 3, 3, 4),
		"row":      first(1, random.Order, 2, 4, 4),
		"row top":  first(1, random.Order, 2, 1<<40|3, 4),
		"copy":     first(1, random.Order, 2, 3, 5),
	} {
		if other == base {
			t.Errorf("changing %s left the stream unchanged", name)
		}
	}
}

func TestIntNIsUniform(t *testing.T) {
	const buckets, draws = 7, 70_000
	s := random.New(9, random.Order, 0, 0, 0)
	var count [buckets]float64
	for range draws {
		count[s.IntN(buckets)]++
	}
	var chi float64
	for _, c := range count {
		d := c - draws/buckets
		chi += d * d / (draws / buckets)
	}
	// 6 degrees of freedom: 22.46 is the .001 quantile; the seed is fixed.
	if chi > 22.46 {
		t.Errorf("χ² = %.2f over %v", chi, count)
	}
}

func TestNormalMoments(t *testing.T) {
	const n = 100_000
	s := random.New(3, random.Init, 0, 0, 0)
	var sum, square float64
	for range n {
		x := s.Normal()
		sum += x
		square += x * x
	}
	if mean := sum / n; math.Abs(mean) > 0.02 {
		t.Errorf("mean %.4f", mean)
	}
	if variance := square / n; math.Abs(variance-1) > 0.03 {
		t.Errorf("variance %.4f", variance)
	}
}

func ExampleNew() {
	a := random.New(42, random.Order, 0, 7, 0)
	b := random.New(42, random.Order, 0, 7, 0)
	fmt.Println(a.Perm(5)[0] == b.Perm(5)[0])
	// Output: true
}

func TestDropoutThreshold(t *testing.T) {
	for _, c := range []struct {
		p    float64
		want uint32
	}{
		{0, 0}, {-1, 0}, {math.NaN(), 0}, {0.5, 1 << 31}, {0.1, 429496730}, {0x1p-32, 1}, {0x1p-40, 1},
		{0.25 + 0x1p-33, 1<<30 + 1}, {1 - 0x1p-33, math.MaxUint32}, {1, math.MaxUint32}, {2, math.MaxUint32},
	} {
		if got := random.DropoutThreshold(c.p); got != c.want {
			t.Errorf("DropoutThreshold(%v) = %d, want %d", c.p, got, c.want)
		}
	}
}
