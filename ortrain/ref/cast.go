package ref

import (
	"math"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Cast-6, -9, -13, -19, -21: X in the element type that attribute "to" names.
// Between floating-point types nothing is rounded (see the package comment).
var _ = register("", "Cast", "any", func(c *Call) ([]*Tensor, error) {
	return one(c.cast(c.In(0), onnx.DType(c.Node.Int("to", 0))))
})

func (c *Call) cast(x *Tensor, to onnx.DType) (*Tensor, error) {
	out, err := c.New(to, x.Dims)
	if err != nil {
		return nil, err
	}
	for k := range x.Len() {
		switch {
		case out.F != nil:
			out.F[k] = x.at(k)
		case x.F != nil:
			out.I[k] = toInt(to, x.F[k])
		default:
			out.I[k] = wrap(to, x.I[k])
		}
	}
	return out, nil
}

// toInt converts a float to an integer type or bool: towards zero, saturating,
// NaN to 0.
func toInt(d onnx.DType, x float64) int64 {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch d {
	case onnx.Bool:
		return flag(x != 0)
	case onnx.Int8, onnx.Int16, onnx.Int32:
		high = 1<<(d.Bits()-1) - 1
		low = -high - 1
	case onnx.Uint8, onnx.Uint16, onnx.Uint32:
		low, high = 0, 1<<d.Bits()-1
	case onnx.Uint64:
		low = 0
	}
	switch {
	case math.IsNaN(x):
		return 0
	case x >= float64(high):
		return high
	case x <= float64(low):
		return low
	}
	return int64(x)
}
