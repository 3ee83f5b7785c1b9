package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.LayerNormalizationGrad-1 of (dY, X, scale, mean, inv_std_dev):
// with x̂ = (X − mean)·inv and B = dY·scale·inv, over the normalised axes
//
//	dX = B − mean(B) − x̂·mean(B·x̂),  dscale = Σ dY·x̂,  dbias = Σ dY over the rows.
var _ = register(onnx.DomainMicrosoft, "LayerNormalizationGrad", "float float float float float", func(c *Call) ([]*Tensor, error) {
	return c.layerNormGrad(c.In(3), c.In(4), true)
})

// com.microsoft.SimplifiedLayerNormalizationGrad-1 of (dY, X, scale,
// inv_std_var): the same with mean = 0 and without the term mean(B).
var _ = register(onnx.DomainMicrosoft, "SimplifiedLayerNormalizationGrad", "float float float float", func(c *Call) ([]*Tensor, error) {
	out, err := c.layerNormGrad(nil, c.In(3), false)
	if err != nil {
		return nil, err
	}
	return out[:2], nil
})

func (c *Call) layerNormGrad(mean, inv *Tensor, centred bool) ([]*Tensor, error) {
	dy, x, scale := c.In(0), c.In(1), c.In(2)
	n, err := c.normalisation(x, scale, nil)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(dy.Dims, x.Dims) || scale.Len() != n.n || inv.Len() != n.rows || mean != nil && mean.Len() != n.rows {
		return nil, fmt.Errorf("statistics of sizes %v and a scale of %d elements are needed: %w", n.stat, n.n, ErrInput)
	}
	var out [3]*Tensor
	for i, like := range []*Tensor{x, scale, scale} {
		if out[i], err = c.New(like.DType, like.Dims); err != nil {
			return nil, err
		}
	}
	dx, dscale, dbias := out[0], out[1], out[2]
	for i := range inv.Len() {
		m := 0.0
		if mean != nil {
			m = mean.F[i]
		}
		hat, b, meanB, meanBX := make([]float64, n.n), make([]float64, n.n), 0.0, 0.0
		for j, v := range n.row(x, i) {
			g := n.row(dy, i)[j]
			hat[j] = (v - m) * inv.F[i]
			b[j] = g * scale.F[j] * inv.F[i]
			meanB += b[j] / float64(n.n)
			meanBX += b[j] * hat[j] / float64(n.n)
			dscale.F[j] += g * hat[j]
			dbias.F[j] += g
		}
		for j := range hat {
			n.row(dx, i)[j] = b[j] - hat[j]*meanBX
			if centred {
				n.row(dx, i)[j] -= meanB
			}
		}
	}
	return out[:], nil
}
