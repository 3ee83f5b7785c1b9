package ref

import (
	"fmt"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// LayerNormalization-17 (and 1, as ONNX Runtime has it) of (X, Scale, B): over
// all axes from axis on, Y = (X − Mean)·InvStdDev·Scale + B with
// InvStdDev = 1/√(Var + epsilon).
var _ = register("", "LayerNormalization", "float float float?", func(c *Call) ([]*Tensor, error) {
	n, err := c.normalisation(c.In(0), c.In(1), c.In(2))
	if err != nil {
		return nil, err
	}
	mean, inv, err := n.moments(c, float64(c.Node.Float("epsilon", 1e-5)), true)
	if err != nil {
		return nil, err
	}
	y, err := n.apply(c, mean, inv)
	return []*Tensor{y, mean, inv}, err
})

// SimplifiedLayerNormalization-1, an operator of ONNX Runtime in the default
// domain, of (X, Scale): Y = X·InvStdVar·Scale with
// InvStdVar = 1/√(mean(X²) + epsilon).
var _ = register("", "SimplifiedLayerNormalization", "float float", func(c *Call) ([]*Tensor, error) {
	n, err := c.normalisation(c.In(0), c.In(1), nil)
	if err != nil {
		return nil, err
	}
	zero, inv, err := n.moments(c, float64(c.Node.Float("epsilon", 1e-5)), false)
	if err != nil {
		return nil, err
	}
	y, err := n.apply(c, zero, inv)
	return []*Tensor{y, inv}, err
})

// normalisation is a tensor seen as rows of n elements that are normalised,
// with the parameters that follow.
type normalisation struct {
	x, scale, bias *Tensor
	rows, n        int
	// stat are the sizes of a statistic: 1 for the normalised axes.
	stat []int64
}

func (c *Call) normalisation(x, scale, bias *Tensor) (*normalisation, error) {
	axis, err := normal(c.Node.Int("axis", -1), len(x.Dims))
	if err != nil {
		return nil, err
	}
	for _, p := range []*Tensor{scale, bias} {
		if p != nil && !broadcastsTo(p.Dims, x.Dims[axis:]) {
			return nil, fmt.Errorf("%s for the axes %v of %s: %w", p, x.Dims[axis:], x, ErrInput)
		}
	}
	stat := slices.Clone(x.Dims)
	for i := axis; i < len(stat); i++ {
		stat[i] = 1
	}
	return &normalisation{x: x, scale: scale, bias: bias, stat: stat,
		rows: int(product(x.Dims[:axis])), n: int(product(x.Dims[axis:]))}, nil
}

func (n *normalisation) row(t *Tensor, i int) []float64 { return t.F[i*n.n : (i+1)*n.n] }

// moments returns the mean (zeros unless centred) and the inverse deviation of
// every row.
func (n *normalisation) moments(c *Call, epsilon float64, centred bool) (mean, inv *Tensor, err error) {
	d := onnx.Float
	if n.x.DType == onnx.Double {
		d = onnx.Double
	}
	if mean, err = c.New(d, n.stat); err != nil {
		return nil, nil, err
	}
	if inv, err = c.New(d, n.stat); err != nil {
		return nil, nil, err
	}
	for i := range mean.Len() {
		row := n.row(n.x, i)
		if centred {
			mean.F[i] = average(row)
		}
		s := 0.0
		for _, v := range row {
			s += (v - mean.F[i]) * (v - mean.F[i])
		}
		inv.F[i] = 1 / math.Sqrt(s/float64(n.n)+epsilon)
	}
	return mean, inv, nil
}

// apply returns (x − mean)·inv·scale + bias.
func (n *normalisation) apply(c *Call, mean, inv *Tensor) (*Tensor, error) {
	y, err := c.New(n.x.DType, n.x.Dims)
	if err != nil {
		return nil, err
	}
	steps := stretched(n.scale.Dims)
	var biasSteps []int64
	if n.bias != nil {
		biasSteps = stretched(n.bias.Dims)
	}
	walk(n.x.Dims, func(k int, at []int64) {
		i := k / n.n
		y.F[k] = (n.x.F[k] - mean.F[i]) * inv.F[i] * n.scale.F[offset(at, steps)]
		if n.bias != nil {
			y.F[k] += n.bias.F[offset(at, biasSteps)]
		}
	})
	return y, nil
}
