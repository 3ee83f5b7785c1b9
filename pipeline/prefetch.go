package pipeline

import (
	"context"
	"sync"
)

// Prefetch keeps up to n values of src ready, read by a goroutine of its own.
// With n = 0 it is src itself.
func Prefetch[T any](src Source[T], n int) Source[T] {
	if n <= 0 {
		return src
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan result[T], n-1) // the reader holds one more in its hand
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(ready)
		for {
			value, err := src.Next(ctx)
			select {
			case ready <- result[T]{value, err}:
			case <-ctx.Done():
				if err == nil {
					Release(value)
				}
				return
			}
			if err != nil {
				return
			}
		}
	})
	next := func(ctx context.Context) (T, error) {
		select {
		case r, ok := <-ready:
			if !ok {
				r.err = ErrClosed
			}
			return r.value, r.err
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
	return New(next, func() error {
		cancel()
		wg.Wait()
		for r := range ready {
			if r.err == nil {
				Release(r.value)
			}
		}
		return src.Close()
	})
}
