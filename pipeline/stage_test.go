package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/pipetest"
)

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func double(_ context.Context, n int) (int, error) { return 2 * n, nil }

// uneven makes workers finish out of order.
func uneven(_ context.Context, n int) (int, error) {
	for range n % 7 {
		runtime.Gosched()
	}
	return 2 * n, nil
}

func TestLaws(t *testing.T) {
	input := numbers(50)
	doubled := numbers(50)
	for i := range doubled {
		doubled[i] *= 2
	}
	t.Run("slice", func(t *testing.T) {
		pipetest.Laws(t, func() pipeline.Source[int] { return pipeline.FromSlice(input) }, input)
	})
	t.Run("empty", func(t *testing.T) {
		pipetest.Laws(t, func() pipeline.Source[int] { return pipeline.FromSlice[int](nil) }, nil)
	})
	for _, workers := range []int{0, 1, 2, 7, 64} {
		t.Run(fmt.Sprintf("map%d", workers), func(t *testing.T) {
			pipetest.Laws(t, func() pipeline.Source[int] {
				return pipeline.Map(pipeline.FromSlice(input), workers, uneven)
			}, doubled)
		})
	}
	for _, depth := range []int{0, 1, 2, 32, 64} {
		t.Run(fmt.Sprintf("prefetch%d", depth), func(t *testing.T) {
			pipetest.Laws(t, func() pipeline.Source[int] {
				return pipeline.Prefetch(pipeline.FromSlice(input), depth)
			}, input)
		})
	}
	t.Run("apply", func(t *testing.T) {
		pipetest.Laws(t, func() pipeline.Source[int] { return pipeline.Apply(pipeline.FromSlice(input), double) }, doubled)
	})
	t.Run("group and flatten", func(t *testing.T) {
		pipetest.Laws(t, func() pipeline.Source[int] {
			return pipeline.Flatten(pipeline.Group(pipeline.FromSlice(input), 7))
		}, input)
	})
	t.Run("all together", func(t *testing.T) {
		build := func(workers, depth int) pipeline.Source[[]int] {
			shuffled := pipeline.Shuffle(pipeline.FromSlice(input), 16, 42, 3)
			return pipeline.Prefetch(pipeline.Group(pipeline.Map(shuffled, workers, uneven), 6), depth)
		}
		want, err := pipeline.Collect(t.Context(), build(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 2, 7, 64} {
			for _, depth := range []int{0, 1, 32} {
				pipetest.Laws(t, func() pipeline.Source[[]int] { return build(workers, depth) }, want)
			}
		}
	})
}

func TestStageLaws(t *testing.T) {
	for name, stage := range map[string]func(pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item]{
		"map1": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Map(s, 1, same)
		},
		"map7": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Map(s, 7, same)
		},
		"apply": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Apply(s, same)
		},
		"prefetch1": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Prefetch(s, 1)
		},
		"prefetch5": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Prefetch(s, 5)
		},
		"group": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Flatten(pipeline.Group(s, 1))
		},
		"grouped prefetch": func(s pipeline.Source[*pipetest.Item]) pipeline.Source[*pipetest.Item] {
			return pipeline.Flatten(pipeline.Prefetch(pipeline.Group(s, 1), 3))
		},
	} {
		t.Run(name, func(t *testing.T) { pipetest.StageLaws(t, stage) })
	}
}

func same(_ context.Context, i *pipetest.Item) (*pipetest.Item, error) { return i, nil }

func TestMapReportsTheFirstErrorInOrder(t *testing.T) {
	bad := errors.New("bad")
	src := pipeline.Map(pipeline.FromSlice(numbers(100)), 8, func(ctx context.Context, n int) (int, error) {
		if n >= 10 {
			return 0, fmt.Errorf("value %d: %w", n, bad)
		}
		return uneven(ctx, n)
	})
	got, err := pipeline.Collect(t.Context(), src)
	if len(got) != 10 || !errors.Is(err, bad) || !strings.Contains(err.Error(), "value 10") {
		t.Fatalf("got %d values and %v, want 10 and the error of value 10", len(got), err)
	}
}

func TestMapTurnsAPanicIntoAnError(t *testing.T) {
	src := pipeline.Map(pipeline.FromSlice(numbers(3)), 2, func(_ context.Context, n int) (int, error) {
		return numbers(2)[n], nil
	})
	got, err := pipeline.Collect(t.Context(), src)
	if len(got) != 2 || err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Fatalf("got %v and %v, want two values and the panic's text", got, err)
	}
}

func TestShuffle(t *testing.T) {
	order := func(window int, seed uint64, epoch uint32) []int {
		got, err := pipeline.Collect(t.Context(), pipeline.Shuffle(pipeline.FromSlice(numbers(100)), window, seed, epoch))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	base := order(32, 42, 0)
	for _, c := range []struct {
		name  string
		got   []int
		equal bool
	}{
		{"same key", order(32, 42, 0), true},
		{"other seed", order(32, 43, 0), false},
		{"other epoch", order(32, 42, 1), false},
		{"window of one", order(1, 42, 0), false},
	} {
		if slices.Equal(base, c.got) != c.equal {
			t.Errorf("%s: equal to the base order: %v", c.name, !c.equal)
		}
		slices.Sort(c.got)
		if !slices.Equal(c.got, numbers(100)) {
			t.Errorf("%s: is no permutation", c.name)
		}
	}
	for i, n := range base {
		if i/32 != n/32 {
			t.Fatalf("value %d came at place %d, outside its window", n, i)
		}
	}
}

func TestCollectClosesAndReportsCloseErrors(t *testing.T) {
	boom := errors.New("boom")
	src := pipeline.New(func(context.Context) (int, error) { return 0, io.EOF }, func() error { return boom })
	if _, err := pipeline.Collect(t.Context(), src); !errors.Is(err, boom) {
		t.Fatalf("got %v, want the error of Close", err)
	}
	if _, err := src.Next(t.Context()); !errors.Is(err, pipeline.ErrClosed) {
		t.Fatalf("got %v after Collect, want ErrClosed", err)
	}
}

func Example() {
	ctx := context.Background()
	src := pipeline.FromSlice([]string{"a", "bb", "ccc"})
	lengths := pipeline.Map(src, 4, func(_ context.Context, s string) (int, error) { return len(s), nil })
	batches := pipeline.Prefetch(pipeline.Group(lengths, 2), 1)
	all, err := pipeline.Collect(ctx, batches)
	fmt.Println(all, err)
	// Output: [[1 2] [3]] <nil>
}
