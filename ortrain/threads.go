package ortrain

import "runtime"

// threads returns the number of threads to compute with: n, or one per
// processor that Go may use.
func threads(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
