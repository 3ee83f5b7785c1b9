package ref

import (
	"fmt"
	"math"
	"slices"
)

// MatMul-1, -9, -13: the matrix product by numpy's rules. A vector on the left
// is a row, on the right a column; leading axes broadcast.
var _ = register("", "MatMul", "N N", func(c *Call) ([]*Tensor, error) {
	return one(c.matmul(c.In(0), c.In(1)))
})

func (c *Call) matmul(a, b *Tensor) (*Tensor, error) {
	if len(a.Dims) == 0 || len(b.Dims) == 0 {
		return nil, fmt.Errorf("a scalar in a matrix product: %w", ErrInput)
	}
	ad, bd := a.Dims, b.Dims
	if len(ad) == 1 {
		ad = []int64{1, ad[0]}
	}
	if len(bd) == 1 {
		bd = []int64{bd[0], 1}
	}
	m, k, n := ad[len(ad)-2], ad[len(ad)-1], bd[len(bd)-1]
	if bd[len(bd)-2] != k {
		return nil, fmt.Errorf("%v times %v: %w", a.Dims, b.Dims, ErrInput)
	}
	batch, err := broadcast(ad[:len(ad)-2], bd[:len(bd)-2])
	if err != nil {
		return nil, err
	}
	out, err := c.New(a.DType, slices.Concat(batch, []int64{m, n}))
	if err != nil {
		return nil, err
	}
	if k > 0 {
		if err := c.spend(bounded(int64(out.Len()), k)); err != nil {
			return nil, err
		}
	}
	as, bs := batchStrides(ad), batchStrides(bd)
	walk(batch, func(at int, pos []int64) {
		i, j := offset(pos, as), offset(pos, bs)
		o := at * int(m*n)
		if out.F != nil {
			multiply(out.F[o:], a.F[i:], b.F[j:], int(m), int(k), int(n))
		} else {
			multiply(out.I[o:], a.I[i:], b.I[j:], int(m), int(k), int(n))
		}
	})
	for i, v := range out.I {
		out.I[i] = wrap(out.DType, v)
	}
	if len(a.Dims) == 1 {
		out.Dims = slices.Delete(out.Dims, len(out.Dims)-2, len(out.Dims)-1)
	}
	if len(b.Dims) == 1 {
		out.Dims = out.Dims[:len(out.Dims)-1]
	}
	return out, nil
}

// batchStrides are the strides of all axes but the last two.
func batchStrides(dims []int64) []int64 { return stretched(dims)[:len(dims)-2] }

// multiply adds A [m,k] · B [k,n] to out [m,n].
func multiply[T int64 | float64](out, a, b []T, m, k, n int) {
	for i := range m {
		for j := range k {
			x := a[i*k+j]
			for l := range n {
				out[i*n+l] += x * b[j*n+l]
			}
		}
	}
}

// bounded multiplies two counts, saturating.
func bounded(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}
