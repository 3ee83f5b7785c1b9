package native

import (
	"sort"
	"sync"
	"sync/atomic"
)

// span is how many float32 numbers one unit of work holds: 64 KiB of each
// array, so that an update's four arrays stay in a core's second-level cache.
const span = 16 << 10

// Each calls f(0) … f(n-1), on up to Threads goroutines, and returns when all
// are done. Which goroutine takes which index is not fixed; f must not depend
// on it.
func (k Kernels) Each(n int, f func(i int)) {
	workers := min(k.Threads(), n)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	}
	var group sync.WaitGroup
	for range workers - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}

// extent is the size of one job and of the spans it is cut into.
type extent struct{ length, span int }

// spans cuts jobs into spans and calls f for each, in parallel.
func (k Kernels) spans(jobs int, size func(job int) extent, f func(job, lo, hi int)) {
	sizes := make([]extent, jobs)
	starts := make([]int, jobs+1)
	for j := range jobs {
		sizes[j] = size(j)
		starts[j+1] = starts[j] + (sizes[j].length+sizes[j].span-1)/sizes[j].span
	}
	k.Each(starts[jobs], func(i int) {
		job := sort.SearchInts(starts, i+1) - 1
		s := sizes[job]
		lo := (i - starts[job]) * s.span
		f(job, lo, min(lo+s.span, s.length))
	})
}

// rowsPerSpan is how many rows of a table one unit of work holds.
func rowsPerSpan(width int) int { return max(1, span/max(width, 1)) }
