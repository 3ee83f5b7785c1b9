package ref

import "fmt"

// Gemm-7, -9, -11, -13: Y = alpha·A'·B' + beta·C, where A' and B' are transposed
// if transA, transB say so and C broadcasts to the product.
var _ = register("", "Gemm", "F F F?", func(c *Call) ([]*Tensor, error) {
	a, err := c.matrix(c.In(0), c.Node.Int("transA", 0) != 0)
	if err != nil {
		return nil, err
	}
	b, err := c.matrix(c.In(1), c.Node.Int("transB", 0) != 0)
	if err != nil {
		return nil, err
	}
	y, err := c.matmul(a, b)
	if err != nil {
		return nil, err
	}
	alpha, beta := float64(c.Node.Float("alpha", 1)), float64(c.Node.Float("beta", 1))
	y, err = c.mapped(y, func(x float64) float64 { return alpha * x })
	if bias := c.In(2); bias != nil && err == nil {
		if !broadcastsTo(bias.Dims, y.Dims) {
			return nil, fmt.Errorf("%v does not broadcast to %v: %w", bias.Dims, y.Dims, ErrInput)
		}
		return one(c.binary(y, bias, func(x, z float64) float64 { return x + beta*z }, nil))
	}
	return one(y, err)
})

// matrix returns a tensor of rank 2 or its transpose.
func (c *Call) matrix(x *Tensor, transposed bool) (*Tensor, error) {
	if len(x.Dims) != 2 {
		return nil, fmt.Errorf("%s is not a matrix: %w", x, ErrInput)
	}
	if !transposed {
		return x, nil
	}
	return c.transpose(x, []int{1, 0})
}
