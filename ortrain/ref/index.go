package ref

import (
	"fmt"
	"math"
	"slices"
)

// count returns the number of elements of dims; negative sizes and products
// beyond int64 are errors.
func count(dims []int64) (int64, error) {
	n := int64(1)
	for _, d := range dims {
		if d < 0 {
			return 0, fmt.Errorf("sizes %v: %w", dims, ErrInput)
		}
		if d > 0 && n > math.MaxInt64/d {
			return 0, fmt.Errorf("sizes %v: %w", dims, ErrLimit)
		}
		n *= d
	}
	return n, nil
}

// product multiplies sizes that count has accepted as part of a shape.
func product(dims []int64) int64 {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	return n
}

// strides returns the distance between neighbours along each axis.
func strides(dims []int64) []int64 {
	s := make([]int64, len(dims))
	n := int64(1)
	for i := len(dims) - 1; i >= 0; i-- {
		s[i] = n
		n *= dims[i]
	}
	return s
}

// offset returns the place of a position. Positions longer than the strides
// have leading axes too many, which count for nothing.
func offset(at, strides []int64) int {
	at = at[len(at)-len(strides):]
	k := int64(0)
	for i, a := range at {
		k += a * strides[i]
	}
	return int(k)
}

// walk calls f for every position of dims in row-major order. The position is
// reused between calls.
func walk(dims []int64, f func(k int, at []int64)) {
	if slices.Contains(dims, 0) {
		return
	}
	at := make([]int64, len(dims))
	for k := 0; ; k++ {
		f(k, at)
		i := len(dims) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < dims[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// lines calls f with the places of every line of dims along axis.
func lines(dims []int64, axis int, f func(places []int)) {
	if slices.Contains(dims, 0) {
		return
	}
	step := strides(dims)
	starts := slices.Clone(dims)
	starts[axis] = 1
	places := make([]int, dims[axis])
	walk(starts, func(_ int, at []int64) {
		first := offset(at, step)
		for i := range places {
			places[i] = first + i*int(step[axis])
		}
		f(places)
	})
}

// broadcast returns the shape of ONNX's multidirectional broadcasting.
func broadcast(list ...[]int64) ([]int64, error) {
	rank := 0
	for _, d := range list {
		rank = max(rank, len(d))
	}
	out := slices.Repeat([]int64{1}, rank)
	for _, dims := range list {
		lead := rank - len(dims)
		for i, d := range dims {
			switch o := &out[lead+i]; {
			case d == *o || d == 1:
			case *o == 1:
				*o = d
			default:
				return nil, fmt.Errorf("%v do not broadcast: %w", list, ErrInput)
			}
		}
	}
	return out, nil
}

// stretched returns the strides of a tensor of dims seen from a shape that it
// broadcasts to: 0 along the axes of size 1.
func stretched(dims []int64) []int64 {
	s := strides(dims)
	for i, d := range dims {
		if d == 1 {
			s[i] = 0
		}
	}
	return s
}

// broadcastsTo reports whether dims broadcast to out without changing it.
func broadcastsTo(dims, out []int64) bool {
	b, err := broadcast(dims, out)
	return err == nil && slices.Equal(b, out)
}

// normal turns an axis, counted from the end if negative, into 0 … rank-1.
func normal(axis int64, rank int) (int, error) {
	a := axis
	if a < 0 {
		a += int64(rank)
	}
	if a < 0 || a >= int64(rank) {
		return 0, fmt.Errorf("axis %d of rank %d: %w", axis, rank, ErrInput)
	}
	return int(a), nil
}

// normals is normal for a list in which no axis may occur twice.
func normals(axes []int64, rank int) ([]int, error) {
	out := make([]int, len(axes))
	for i, a := range axes {
		k, err := normal(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out[:i], k) {
			return nil, fmt.Errorf("axis %d is given twice: %w", a, ErrInput)
		}
		out[i] = k
	}
	return out, nil
}

// index turns an index, counted from the end if negative, into 0 … n-1.
func index(i, n int64) (int64, error) {
	k := i
	if k < 0 {
		k += n
	}
	if k < 0 || k >= n {
		return 0, fmt.Errorf("index %d of %d entries: %w", i, n, ErrInput)
	}
	return k, nil
}

// indices is index for a list.
func indices(list []int64, n int64) ([]int64, error) {
	out := make([]int64, len(list))
	for k, i := range list {
		j, err := index(i, n)
		if err != nil {
			return nil, err
		}
		out[k] = j
	}
	return out, nil
}
