package ref

import (
	"fmt"
	"slices"
)

// GatherND-11, -12, -13: the slices of X that the last axis of the indices
// names, after batch_dims leading axes that X and the indices share.
var _ = register("", "GatherND", "any int", func(c *Call) ([]*Tensor, error) {
	x, ix := c.In(0), c.In(1)
	dims, place, err := tuples(x.Dims, ix, c.Node.Int("batch_dims", 0))
	if err != nil {
		return nil, err
	}
	return one(c.pick(x, dims, place))
})

// tuples returns the sizes of what index tuples pick from a tensor of dims, and
// where in it a position of the result lies.
func tuples(dims []int64, ix *Tensor, batch int64) ([]int64, func(at []int64) int, error) {
	last := len(ix.Dims) - 1
	if last < 0 || batch < 0 || batch > int64(last) || batch > int64(len(dims)) || ix.Dims[last] > int64(len(dims))-batch ||
		!slices.Equal(dims[:batch], ix.Dims[:batch]) {
		return nil, nil, fmt.Errorf("indices %s with batch_dims %d for sizes %v: %w", ix, batch, dims, ErrInput)
	}
	depth := ix.Dims[last]
	own, from := strides(dims), strides(ix.Dims)
	first := make([]int64, 0) // where each tuple points to, without the batch
	if depth == 0 {
		n, err := count(ix.Dims[:last])
		if err != nil || n > maxEmptyTuples {
			return nil, nil, fmt.Errorf("indices %s: %w", ix, ErrLimit)
		}
		first = make([]int64, n)
	}
	for k, i := range ix.I {
		axis := batch + int64(k)%depth
		j, err := index(i, dims[axis])
		if err != nil {
			return nil, nil, err
		}
		if axis == batch {
			first = append(first, 0)
		}
		first[len(first)-1] += j * own[axis]
	}
	inner := own[batch+depth:]
	place := func(at []int64) int {
		tuple := offset(at[:last], from[:last])
		if depth > 0 {
			tuple /= int(depth)
		} else {
			tuple = offset(at[:last], strides(ix.Dims[:last]))
		}
		return offset(at[:batch], own[:batch]) + int(first[tuple]) + offset(at[last:], inner)
	}
	return slices.Concat(ix.Dims[:last], dims[batch+depth:]), place, nil
}

// maxEmptyTuples bounds indices whose tuples are empty, which no data backs.
const maxEmptyTuples = 1 << 20
