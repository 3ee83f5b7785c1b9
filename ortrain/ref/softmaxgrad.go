package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.SoftmaxGrad_13-1 and SoftmaxGrad-1 (the old form, over all axes
// from axis on, 1 by default) of (dY, Y): dX = Y·(dY − Σ Y·dY).
var (
	_ = register(onnx.DomainMicrosoft, "SoftmaxGrad_13", "F F", softmaxGrad(true))
	_ = register(onnx.DomainMicrosoft, "SoftmaxGrad", "F F", softmaxGrad(false))
)

func softmaxGrad(oneAxis bool) Func {
	return alongLines(oneAxis, func(dy, y, dx []float64) {
		dot := 0.0
		for i := range y {
			dot += y[i] * dy[i]
		}
		for i := range y {
			dx[i] = y[i] * (dy[i] - dot)
		}
	})
}

// alongLines returns the operator of two tensors that computes f on every line
// that a softmax works along.
func alongLines(oneAxis bool, f func(a, b, out []float64)) Func {
	return func(c *Call) ([]*Tensor, error) {
		a, b := c.In(0), c.In(1)
		if !slices.Equal(a.Dims, b.Dims) {
			return nil, fmt.Errorf("equal shapes are needed: %w", ErrInput)
		}
		dims, axis, err := c.normalised(a.Dims, oneAxis)
		if err != nil {
			return nil, err
		}
		out, err := c.New(a.DType, a.Dims)
		if err != nil {
			return nil, err
		}
		lines(dims, axis, func(places []int) {
			n := len(places)
			u, v, w := make([]float64, n), make([]float64, n), make([]float64, n)
			for i, p := range places {
				u[i], v[i] = a.F[p], b.F[p]
			}
			f(u, v, w)
			for i, p := range places {
				out.F[p] = w[i]
			}
		})
		return one(out, nil)
	}
}
