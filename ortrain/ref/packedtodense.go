package ref

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// ortrain.PackedToDense-1 of (x [T,H], dense_index [B·S], dense_mask [B·S,1],
// packed_index [T]): the rows of x that dense_index names, times the mask.
var _ = register(onnx.DomainOrtrain, "PackedToDense", "float int float int", func(c *Call) ([]*Tensor, error) {
	return one(c.maskedRows(c.In(0), c.In(1), c.In(2)))
})

// maskedRows gathers rows and multiplies them by a mask.
func (c *Call) maskedRows(x, rows, mask *Tensor) (*Tensor, error) {
	y, err := c.rows(x, rows)
	if err != nil {
		return nil, err
	}
	if !broadcastsTo(mask.Dims, y.Dims) {
		return nil, fmt.Errorf("mask %s for %s: %w", mask, y, ErrInput)
	}
	return c.binary(y, mask, times, nil)
}

func (c *Call) rows(x, rows *Tensor) (*Tensor, error) {
	if len(x.Dims) == 0 {
		return nil, fmt.Errorf("rows of a scalar: %w", ErrInput)
	}
	return c.gather(x, rows, 0)
}
