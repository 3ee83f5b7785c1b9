package pii

import (
	"cmp"
	"slices"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// candidate is a match before overlaps are settled; rank is its finder's place
// among all.
type candidate struct {
	sample.Range
	rank int
}

// resolve keeps the matches that win their overlaps, in order: the longest,
// then the smaller rank, then the leftmost. It works in place.
func resolve(all []candidate) []candidate {
	if len(all) < 2 {
		return all
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.Start-b.Start, b.End-a.End, a.rank-b.rank)
	})
	out := all[:0]
	for len(all) > 0 {
		n, end := 1, all[0].End
		for n < len(all) && all[n].Start < end {
			end = max(end, all[n].End)
			n++
		}
		out = append(out, winners(all[:n], end)...)
		all = all[n:]
	}
	return out
}

// winners settles one cluster of matches that hang together. A candidate is
// never longer than those chosen before it, so it overlaps one of them exactly
// if its first or last byte is taken.
func winners(cluster []candidate, end int) []candidate {
	if len(cluster) == 1 {
		return cluster
	}
	from := cluster[0].Start
	slices.SortFunc(cluster, func(a, b candidate) int {
		return cmp.Or(b.Len()-a.Len(), a.rank-b.rank, a.Start-b.Start)
	})
	taken := make([]bool, end-from)
	chosen := cluster[:0]
	for _, c := range cluster {
		if taken[c.Start-from] || taken[c.End-1-from] {
			continue
		}
		for i := c.Start; i < c.End; i++ {
			taken[i-from] = true
		}
		chosen = append(chosen, c)
	}
	slices.SortFunc(chosen, func(a, b candidate) int { return a.Start - b.Start })
	return chosen
}
