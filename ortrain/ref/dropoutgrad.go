package ref

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// com.microsoft.DropoutGrad-1 of (dY, mask, ratio, training_mode):
// dX = dY for ratio 0, else dY·mask/(1 − ratio), where ratio is 0.5 unless
// given. Like ONNX Runtime's kernel it does not look at training_mode.
var _ = register(onnx.DomainMicrosoft, "DropoutGrad", "float bool float? bool?", func(c *Call) ([]*Tensor, error) {
	dy, mask := c.In(0), c.In(1)
	ratio, err := c.scalar(2, 0.5)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(dy.Dims, mask.Dims) || ratio < 0 || ratio >= 1 {
		return nil, fmt.Errorf("mask %s, ratio %g: %w", mask, ratio, ErrInput)
	}
	if ratio == 0 {
		return one(dy, nil)
	}
	dx, err := c.New(dy.DType, dy.Dims)
	if err != nil {
		return nil, err
	}
	for k, v := range dy.F {
		dx.F[k] = v * float64(mask.I[k]) / (1 - ratio)
	}
	return one(dx, nil)
})
