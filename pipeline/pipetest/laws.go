// Package pipetest checks that sources and stages obey the laws of package
// pipeline. It is a test kit: only tests import it.
//
// Laws checks a source against the values it must yield; StageLaws checks what
// a stage does with an input that fails, blocks or is given up. Both run every
// law in a bubble of testing/synctest, so a goroutine left behind fails the
// test.
package pipetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/ortrain/ortrain/pipeline"
)

// Laws checks a source, made anew for every law, against the values that it
// must yield in this order.
func Laws[T any](t *testing.T, open func() pipeline.Source[T], want []T) {
	t.Helper()
	for _, law := range []struct {
		name  string
		check func(ctx context.Context, open func() pipeline.Source[T], want []T) error
	}{
		{"order", inOrder[T]},
		{"io.EOF stays", eofStays[T]},
		{"close at any point", closeAnywhere[T]},
		{"a cancelled Next loses nothing", cancelLosesNothing[T]},
	} {
		synctest.Test(t, func(t *testing.T) {
			if err := law.check(t.Context(), open, want); err != nil {
				t.Errorf("law %q: %v", law.name, err)
			}
		})
	}
}

func inOrder[T any](ctx context.Context, open func() pipeline.Source[T], want []T) error {
	got, err := pipeline.Collect(ctx, open())
	if err != nil {
		return err
	}
	return compare(got, want)
}

func compare[T any](got, want []T) error {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Errorf("value %d is %v, want %v", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d values, want %d", len(got), len(want))
	}
	return nil
}

func eofStays[T any](ctx context.Context, open func() pipeline.Source[T], want []T) error {
	src := open()
	for range want {
		if _, err := src.Next(ctx); err != nil {
			return errors.Join(err, src.Close())
		}
	}
	for range 3 {
		value, err := src.Next(ctx)
		if !errors.Is(err, io.EOF) {
			return errors.Join(fmt.Errorf("%v and %v after the end, want io.EOF", value, err), src.Close())
		}
	}
	return src.Close()
}

// closeAnywhere closes after 0, 1, half and all values: twice, with the same
// answer, and Next then answers ErrClosed.
func closeAnywhere[T any](ctx context.Context, open func() pipeline.Source[T], want []T) error {
	for _, after := range []int{0, min(1, len(want)), len(want) / 2, len(want)} {
		src := open()
		for range after {
			if _, err := src.Next(ctx); err != nil {
				return errors.Join(err, src.Close())
			}
		}
		for range 2 {
			if err := src.Close(); err != nil {
				return fmt.Errorf("close after %d values: %w", after, err)
			}
		}
		if _, err := src.Next(ctx); !errors.Is(err, pipeline.ErrClosed) {
			return fmt.Errorf("%v from Next after Close, want ErrClosed", err)
		}
	}
	return nil
}

func cancelLosesNothing[T any](ctx context.Context, open func() pipeline.Source[T], want []T) error {
	src := open()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	var got []T
	for {
		if _, err := src.Next(cancelled); !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			return errors.Join(fmt.Errorf("%v from Next with a cancelled context", err), src.Close())
		}
		value, err := src.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, src.Close())
		}
		got = append(got, value)
	}
	return errors.Join(compare(got, want), src.Close())
}
