package ref

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.DivGrad-1 of (dY, A, B): dA = dY/B and dB = −dY·A/B², each
// summed along the axes that its input was stretched over.
var _ = register(onnx.DomainMicrosoft, "DivGrad", "F F F", func(c *Call) ([]*Tensor, error) {
	dy, a, b := c.In(0), c.In(1), c.In(2)
	da, err := c.binary(dy, b, func(g, y float64) float64 { return g / y }, nil)
	if err != nil {
		return nil, err
	}
	ratio, err := c.binary(a, b, func(x, y float64) float64 { return x / (y * y) }, nil)
	if err != nil {
		return nil, err
	}
	db, err := c.binary(dy, ratio, func(g, r float64) float64 { return -g * r }, nil)
	if err != nil {
		return nil, err
	}
	if da, err = c.sumTo(da, a.Dims); err != nil {
		return nil, err
	}
	db, err = c.sumTo(db, b.Dims)
	return []*Tensor{da, db}, err
})

// sumTo sums x to sizes that broadcast to its own.
func (c *Call) sumTo(x *Tensor, dims []int64) (*Tensor, error) {
	if !broadcastsTo(dims, x.Dims) {
		return nil, fmt.Errorf("%s summed to %v: %w", x, dims, ErrInput)
	}
	out, err := c.New(x.DType, dims)
	if err != nil {
		return nil, err
	}
	to := stretched(dims)
	walk(x.Dims, func(k int, at []int64) { out.F[offset(at, to)] += x.F[k] })
	return out, nil
}
