package pipetest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ortrain/ortrain/pipeline"
)

// Item is a value that counts whether it is released.
type Item struct {
	N     int
	alive *atomic.Int64
}

// Release counts the item as freed.
func (i *Item) Release() { i.alive.Add(-1) }

// input is an upstream of StageLaws: it yields n items, then err, or blocks
// when err is nil.
type input struct {
	n      int
	err    error
	alive  atomic.Int64
	closed atomic.Int64
}

func (in *input) open() pipeline.Source[*Item] {
	made := 0
	return pipeline.New(func(ctx context.Context) (*Item, error) {
		if made < in.n {
			made++
			in.alive.Add(1)
			return &Item{N: made, alive: &in.alive}, nil
		}
		if in.err == nil {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, in.err
	}, func() error {
		in.closed.Add(1)
		return nil
	})
}

// StageLaws checks a stage that passes its input on one to one: errors of the
// input arrive after the values before them, stay and are reported by Close;
// the input is closed once; a blocked input is given up on cancellation and on
// Close; values that were not delivered are released.
func StageLaws(t *testing.T, stage func(pipeline.Source[*Item]) pipeline.Source[*Item]) {
	t.Helper()
	t.Run("errors pass", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { errorsPass(t, stage) }) })
	t.Run("blocked input", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { blockedInput(t, stage) }) })
	t.Run("release", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { released(t, stage) }) })
}

func errorsPass(t *testing.T, stage func(pipeline.Source[*Item]) pipeline.Source[*Item]) {
	boom := errors.New("boom")
	in := &input{n: 5, err: boom}
	out := stage(in.open())
	for want := 1; want <= 5; want++ {
		item, err := out.Next(t.Context())
		if err != nil || item.N != want {
			t.Fatalf("item %v and error %v, want item %d", item, err, want)
		}
		item.Release()
	}
	for range 2 {
		if _, err := out.Next(t.Context()); !errors.Is(err, boom) {
			t.Errorf("%v, want the input's error", err)
		}
	}
	for range 2 {
		if err := out.Close(); !errors.Is(err, boom) {
			t.Errorf("Close reports %v, want the input's error", err)
		}
	}
	if n := in.closed.Load(); n != 1 {
		t.Errorf("the input was closed %d times", n)
	}
}

func blockedInput(t *testing.T, stage func(pipeline.Source[*Item]) pipeline.Source[*Item]) {
	in := &input{n: 1}
	out := stage(in.open())
	item, err := out.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	item.Release()
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() {
		_, err := out.Next(ctx)
		answer <- err
	}()
	synctest.Wait() // Next is blocked now
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("%v from a cancelled Next", err)
	}
	if err := out.Close(); err != nil {
		t.Errorf("Close while the input blocks: %v", err)
	}
}

func released(t *testing.T, stage func(pipeline.Source[*Item]) pipeline.Source[*Item]) {
	for _, take := range []int{0, 1, 20} {
		in := &input{n: 40, err: io.EOF}
		out := stage(in.open())
		for range take {
			item, err := out.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			item.Release()
		}
		synctest.Wait() // whatever is read ahead is read now
		if err := out.Close(); err != nil {
			t.Error(err)
		}
		if n := in.alive.Load(); n != 0 {
			t.Errorf("%d items neither delivered nor released after taking %d", n, take)
		}
	}
}
