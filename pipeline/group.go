package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Group collects n values (at least one) of src into each slice it yields; the
// last slice may be shorter. The slices are the receiver's.
func Group[T any](src Source[T], n int) Source[[]T] {
	n = max(n, 1)
	var pending []T
	next := func(ctx context.Context) ([]T, error) {
		for len(pending) < n {
			value, err := src.Next(ctx)
			if errors.Is(err, io.EOF) && len(pending) > 0 {
				break
			}
			if err != nil {
				return nil, err
			}
			if pending == nil {
				pending = make([]T, 0, n)
			}
			pending = append(pending, value)
		}
		full := pending
		pending = nil
		return full, nil
	}
	return New(next, func() error {
		Release(pending)
		return src.Close()
	})
}

// Flatten yields the elements of the slices of src.
func Flatten[T any](src Source[[]T]) Source[T] {
	var pending []T
	next := func(ctx context.Context) (T, error) {
		for len(pending) == 0 {
			values, err := src.Next(ctx)
			if err != nil {
				var none T
				return none, err
			}
			pending = values
		}
		value := pending[0]
		pending = pending[1:]
		return value, nil
	}
	return New(next, func() error {
		Release(pending)
		return src.Close()
	})
}

// Shuffle permutes each stretch of window values (at least one) of src. The
// order is a function of seed, epoch and the number of the stretch alone, so a
// stretch can be made again without those before it.
func Shuffle[T any](src Source[T], window int, seed uint64, epoch uint32) Source[T] {
	stretch := uint64(0)
	permuted := Apply(Group(src, window), func(_ context.Context, values []T) ([]T, error) {
		random.New(seed, random.Order, epoch, stretch, 0).Shuffle(len(values), func(i, j int) {
			values[i], values[j] = values[j], values[i]
		})
		stretch++
		return values, nil
	})
	return Flatten(permuted)
}

// Apply is Map on the consumer's own goroutine: fn sees the values in order and
// may keep state between them. fn owns its input.
func Apply[In, Out any](src Source[In], fn func(context.Context, In) (Out, error)) Source[Out] {
	return New(func(ctx context.Context) (Out, error) {
		in, err := src.Next(ctx)
		if err != nil {
			var none Out
			return none, err
		}
		return fn(ctx, in)
	}, src.Close)
}
