package ref

import (
	"fmt"
	"math"
)

// Softmax-1, -11 (over all axes from axis on, 1 by default) and -13 (over one
// axis, the last by default): e^x/Σe^x.
var _ = register("", "Softmax", "F", func(c *Call) ([]*Tensor, error) {
	return one(c.logSoftmax(c.In(0), math.Exp))
})

const softmaxOverOneAxisSince = 13

// logSoftmax applies f to the logarithms of the softmax of x.
func (c *Call) logSoftmax(x *Tensor, f func(float64) float64) (*Tensor, error) {
	dims, axis, err := c.normalised(x.Dims, c.Opset >= softmaxOverOneAxisSince)
	if err != nil {
		return nil, err
	}
	return c.logSoftmaxAlong(x, dims, axis, f)
}

// logSoftmaxAlong takes x under sizes dims.
func (c *Call) logSoftmaxAlong(x *Tensor, dims []int64, axis int, f func(float64) float64) (*Tensor, error) {
	out, err := c.New(x.DType, x.Dims)
	if err != nil {
		return nil, err
	}
	lines(dims, axis, func(places []int) {
		row := make([]float64, len(places))
		for i, p := range places {
			row[i] = x.F[p]
		}
		z := logSumExp(row)
		for i, p := range places {
			out.F[p] = f(row[i] - z)
		}
	})
	return out, nil
}

// normalised returns the sizes and the axis that a softmax works along: those
// of x, or in the old form a matrix of the axes before axis and the others.
func (c *Call) normalised(dims []int64, oneAxis bool) ([]int64, int, error) {
	if oneAxis {
		axis, err := normal(c.Node.Int("axis", -1), len(dims))
		return dims, axis, err
	}
	axis := c.Node.Int("axis", 1)
	if axis < 0 {
		axis += int64(len(dims))
	}
	if axis < 0 || axis > int64(len(dims)) {
		return nil, 0, fmt.Errorf("axis %d for sizes %v: %w", axis, dims, ErrInput)
	}
	return []int64{product(dims[:axis]), product(dims[axis:])}, 1, nil
}
