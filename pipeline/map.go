package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
)

// result is a value or the error that came instead.
type result[T any] struct {
	value T
	err   error
}

// job is one input of Map and the place where its output is awaited.
type job[In, Out any] struct {
	in   In
	slot chan result[Out]
}

// mapper is the running state of Map. Every input gets a slot; the slots stand
// in the queue in the order of the inputs, so it does not matter which worker
// fills its slot first.
type mapper[In, Out any] struct {
	src    Source[In]
	fn     func(context.Context, In) (Out, error)
	cancel context.CancelFunc
	jobs   chan job[In, Out]
	queue  chan chan result[Out]
	head   chan result[Out]
	wg     sync.WaitGroup
}

// Map applies fn to every value of src on the given number of goroutines (at
// least one) and yields the outputs in the order of the inputs. At most twice
// as many inputs as workers are in flight. fn owns its input; its first error,
// in order, ends the source. A panic of fn becomes an error that holds the
// stack.
func Map[In, Out any](src Source[In], workers int, fn func(context.Context, In) (Out, error)) Source[Out] {
	workers = max(workers, 1)
	ctx, cancel := context.WithCancel(context.Background())
	m := &mapper[In, Out]{
		src: src, fn: fn, cancel: cancel,
		jobs:  make(chan job[In, Out]),
		queue: make(chan chan result[Out], workers),
	}
	m.wg.Go(func() { m.read(ctx) })
	for range workers {
		m.wg.Go(func() { m.work(ctx) })
	}
	return New(m.next, m.close)
}

// read hands the inputs to the workers until the input or ctx ends.
func (m *mapper[In, Out]) read(ctx context.Context) {
	defer close(m.jobs)
	defer close(m.queue)
	for {
		in, err := m.src.Next(ctx)
		slot := make(chan result[Out], 1)
		if err != nil {
			slot <- result[Out]{err: err}
		}
		select {
		case m.queue <- slot:
		case <-ctx.Done():
			if err == nil {
				Release(in)
			}
			return
		}
		if err != nil {
			return
		}
		select {
		case m.jobs <- job[In, Out]{in, slot}:
		case <-ctx.Done():
			Release(in)
			return
		}
	}
}

func (m *mapper[In, Out]) work(ctx context.Context) {
	for j := range m.jobs {
		if ctx.Err() != nil {
			Release(j.in)
			continue
		}
		value, err := guard(ctx, m.fn, j.in)
		j.slot <- result[Out]{value, err}
	}
}

// guard turns a panic of fn into an error: one bad value must not take the
// process down before a checkpoint is written.
func guard[In, Out any](ctx context.Context, fn func(context.Context, In) (Out, error), in In) (out Out, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("pipeline: a worker panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return fn(ctx, in)
}

func (m *mapper[In, Out]) next(ctx context.Context) (Out, error) {
	var none Out
	if m.head == nil {
		select {
		case slot, ok := <-m.queue:
			if !ok {
				return none, ErrClosed
			}
			m.head = slot
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
	select {
	case r := <-m.head:
		m.head = nil
		if r.err != nil {
			m.cancel() // nothing after the first error is wanted
		}
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func (m *mapper[In, Out]) close() error {
	m.cancel()
	m.wg.Wait()
	var first error
	if m.head != nil {
		first = drain(m.head)
	}
	for slot := range m.queue {
		if err := drain(slot); first == nil {
			first = err
		}
	}
	if err := m.src.Close(); err != nil {
		// The input's own error says more than what a worker made of it.
		first = err
	}
	return first
}

// drain releases what waits in a slot and returns its error, unless that is
// only the end or the cancellation.
func drain[T any](slot chan result[T]) error {
	select {
	case r := <-slot:
		if r.err == nil {
			Release(r.value)
		} else if !ended(r.err) {
			return r.err
		}
	default:
	}
	return nil
}

// ended reports whether an error only says that a source is over.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) || errors.Is(err, ErrClosed)
}
