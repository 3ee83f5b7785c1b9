package infer

import "github.com/ortrain/ortrain/ortrain/onnx"

// rowsBy returns the rule of the packing functions: input 0 is [N,H], the
// output has one row per entry of the index input.
func rowsBy(index int) Func {
	return func(c *Context) error {
		x, ix := c.Shape(0), c.Shape(index)
		if len(x) == 0 || len(ix) == 0 {
			c.SetTensor(0, c.In(0).DType, nil)
			return nil
		}
		c.SetTensor(0, c.In(0).DType, append(onnx.Shape{ix[0]}, x[1:]...))
		return nil
	}
}

// PackedToDense(x, dense_index, dense_mask, packed_index), DenseToPacked(y,
// packed_index, dense_index, dense_mask), GatherRows(x, rows, inverse, mask) and
// ScatterRows(dy, rows, inverse, mask).
var (
	_ = register(onnx.DomainOrtrain, "PackedToDense", rowsBy(1))
	_ = register(onnx.DomainOrtrain, "DenseToPacked", rowsBy(1))
	_ = register(onnx.DomainOrtrain, "GatherRows", rowsBy(1))
	_ = register(onnx.DomainOrtrain, "ScatterRows", rowsBy(2))
)
