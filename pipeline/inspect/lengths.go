package inspect

import "math/bits"

const (
	// exactLengths are counted one by one, longer ones in 64 steps for every
	// doubling.
	exactLengths = 4096
	steps        = 64
	// mostBins is how many bins a histogram has for people.
	mostBins = 20
)

// histogram counts lengths in memory that does not depend on how many there are.
type histogram struct {
	counts      []int64
	n           int64
	sum         float64
	least, most int
}

// slot is where a length is counted.
func slot(v int) int {
	if v < exactLengths {
		return v
	}
	shift := bits.Len(uint(v)) - bits.Len(uint(steps)) // v>>shift is in [steps, 2·steps)
	return exactLengths + (shift-6)*steps + v>>shift - steps
}

// length is the least length of a slot.
func length(slot int) int {
	if slot < exactLengths {
		return slot
	}
	i := slot - exactLengths
	return (steps + i%steps) << (6 + i/steps)
}

func (h *histogram) add(v int) {
	at := slot(v)
	for at >= len(h.counts) {
		h.counts = append(h.counts, make([]int64, max(256, at+1-len(h.counts)))...)
	}
	h.counts[at]++
	if h.n == 0 || v < h.least {
		h.least = v
	}
	h.most = max(h.most, v)
	h.n++
	h.sum += float64(v)
}

// quantile returns the least length that a share of all do not exceed.
func (h *histogram) quantile(q float64) int {
	left := q * float64(h.n)
	for at, n := range h.counts {
		if left -= float64(n); n > 0 && left <= 0 {
			return length(at)
		}
	}
	return h.most
}

func (h *histogram) report() *Lengths {
	r := &Lengths{Least: h.least, Most: h.most, Median: h.quantile(.5), P95: h.quantile(.95), P99: h.quantile(.99)}
	if h.n > 0 {
		r.Mean = h.sum / float64(h.n)
	}
	return r
}

// bins counts lengths in bins of a width, from a multiple of it on; the last of
// them has no end.
func (h *histogram) bins(from, width, n int) []Bin {
	out := make([]Bin, n)
	for i := range out {
		out[i] = Bin{From: from + i*width, To: from + (i+1)*width - 1}
	}
	out[n-1].To = -1
	for at, count := range h.counts {
		if count > 0 {
			out[min(n-1, max(0, (length(at)-from)/width))].Count += count
		}
	}
	return out
}

// binning returns bins that show what is in all histograms, up to the length
// that one row in a hundred exceeds.
func binning(all []*histogram) (from, width, n int) {
	least, most, longest := -1, 0, 0
	for _, h := range all {
		if h.n == 0 {
			continue
		}
		if least < 0 || h.least < least {
			least = h.least
		}
		most, longest = max(most, h.quantile(.99)), max(longest, h.most)
	}
	least = max(least, 0)
	for width = 1; ; width = wider(width) {
		from = least / width * width
		if n = (most-from)/width + 1; longest >= from+n*width {
			n++ // for what is beyond
		}
		if n <= mostBins {
			return from, width, n
		}
	}
}

// wider is the next of 1, 2, 5, 10, 20, 50, …
func wider(width int) int {
	lead := width
	for lead%10 == 0 {
		lead /= 10
	}
	if lead == 2 {
		return width / 2 * 5
	}
	return width * 2
}

// bin fills in the bins of all sets.
func bin(looks []*look, sets []SetReport) {
	for _, of := range []struct {
		in  func(*look) *histogram
		out func(*SetReport) *Lengths
	}{
		{func(l *look) *histogram { return &l.characters }, func(r *SetReport) *Lengths { return r.Characters }},
		{func(l *look) *histogram { return &l.tokens }, func(r *SetReport) *Lengths { return r.Tokens }},
	} {
		var all []*histogram
		for _, l := range looks {
			all = append(all, of.in(l))
		}
		from, width, n := binning(all)
		for i, l := range looks {
			if r := of.out(&sets[i]); r != nil {
				r.Bins = of.in(l).bins(from, width, n)
			}
		}
	}
}
