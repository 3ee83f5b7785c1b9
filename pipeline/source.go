// Package pipeline moves values of any type through stages: read, change on
// several goroutines, regroup, shuffle, prefetch.
//
// Nouns: a Source yields values until io.EOF; a stage is a function from Source
// to Source that owns what it wraps. Path: New or FromSlice → Map, Group,
// Flatten, Shuffle → Prefetch → the consumer's loop over Next, then Close.
//
// Laws that every Source obeys (package pipetest checks them): values come in
// the order of the input whatever worker finished first; io.EOF and errors
// stay; a cancelled Next loses nothing; Close may be repeated, ends every
// goroutine and reports the first error. A value that is dropped on the way
// and has a method Release() is released.
//
// Concurrency: a Source serves one goroutine at a time. The goroutines of a
// stage are its own; Close cancels and waits for them.
//
// The package does not know what a text, a token or a batch is.
package pipeline

import (
	"context"
	"errors"
	"io"
	"reflect"
)

// ErrClosed is what Next answers after Close.
var ErrClosed = errors.New("pipeline: source is closed")

// Source yields values one after another.
type Source[T any] interface {
	// Next returns the next value, or io.EOF after the last one. Any error but
	// that of a cancelled ctx is final: later calls repeat it.
	Next(ctx context.Context) (T, error)
	// Close cancels what is under way, waits for it and returns the first error
	// that the source met, io.EOF and its own cancellation aside. It must be
	// called once at least; every call returns the same.
	Close() error
}

// New makes a Source of a function that produces the next value and one that
// frees what the first needs (nil when there is nothing to free), and sees to
// the laws about errors, io.EOF, cancellation and repeated Close.
func New[T any](next func(ctx context.Context) (T, error), free func() error) Source[T] {
	return &source[T]{next: next, free: free}
}

type source[T any] struct {
	next   func(ctx context.Context) (T, error)
	free   func() error
	err    error // what Next repeats
	first  error // what Close reports
	closed bool
}

func (s *source[T]) Next(ctx context.Context) (T, error) {
	var none T
	if s.err != nil {
		return none, s.err
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	value, err := s.next(ctx)
	if err == nil {
		return value, nil
	}
	if cause := ctx.Err(); cause == nil || !errors.Is(err, cause) {
		s.err = err
		if !errors.Is(err, io.EOF) {
			s.first = err
		}
	}
	return none, err
}

func (s *source[T]) Close() error {
	if s.closed {
		return s.first
	}
	s.closed = true
	if s.free != nil {
		if err := s.free(); err != nil && s.first == nil {
			s.first = err
		}
	}
	s.err = ErrClosed
	return s.first
}

// FromSlice yields the elements of a slice.
func FromSlice[T any](values []T) Source[T] {
	return New(func(context.Context) (T, error) {
		if len(values) == 0 {
			var none T
			return none, io.EOF
		}
		value := values[0]
		values = values[1:]
		return value, nil
	}, nil)
}

// Collect returns all that is left in a source and closes it.
func Collect[T any](ctx context.Context, src Source[T]) ([]T, error) {
	var all []T
	for {
		value, err := src.Next(ctx)
		if err == nil {
			all = append(all, value)
			continue
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if closing := src.Close(); err == nil {
			err = closing
		}
		return all, err
	}
}

// Release frees a value that nobody will see: it calls the value's method
// Release, if it has one, or that of its elements if it is a slice.
func Release[T any](value T) {
	if r, ok := any(value).(interface{ Release() }); ok {
		r.Release()
		return
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if r, ok := v.Index(i).Interface().(interface{ Release() }); ok {
				r.Release()
			}
		}
	}
}
