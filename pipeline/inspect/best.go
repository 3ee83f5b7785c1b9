package inspect

import (
	"cmp"
	"slices"
)

// best keeps the first n, by order, of all that is added.
type best[T any] struct {
	n     int
	order func(a, b T) int
	all   []T
}

// ascending keeps the least rows.
func ascending(n int) best[uint64] { return best[uint64]{n: n, order: cmp.Compare[uint64]} }

func (b *best[T]) add(v T) {
	if b.n == 0 {
		return
	}
	if b.all = append(b.all, v); len(b.all) >= 2*b.n+64 {
		b.sorted()
	}
}

// sorted returns what is kept, in order.
func (b *best[T]) sorted() []T {
	slices.SortStableFunc(b.all, b.order)
	b.all = b.all[:min(len(b.all), b.n)]
	return b.all
}
