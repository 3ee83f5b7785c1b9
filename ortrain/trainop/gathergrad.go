package trainop

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

var _ = register(Op{
	Domain: onnx.DomainMicrosoft, Name: "GatherGrad",
	Doc: "dX = zeros(shape), dX[…,index,…] += dY along axis; as [outer, entries, inner], by ScatterElements " +
		"from opset 16 on and by a product with one-hot rows before. ScatterND would race on CPU",
	Source: "training_op_defs.cc GatherGrad",
	Inputs: []string{"shape", "indices", "dY"}, Outputs: []string{"dX"},
	Attrs: []onnx.Attr{onnx.IntAttr("axis", 0)},
	body: func(c *call) []*onnx.Value {
		shape, index, dy := c.in[0], c.in[1], c.in[2]
		rank := shape.Type.Shape
		if i := index.Const(); i != nil && i.Len() == 1 && rank.Known() {
			return values(c.oneEntry(i, dy, rank[0].Size))
		}
		axis, axes := c.scalar("axis"), c.axes("axis")
		if c.node == nil || c.value("axis").Int < 0 {
			n := c.Op("Size", values(shape))
			axis = c.Op("Mod", values(c.Add(axis, n), n))
			axes = c.Reshape(axis, 1)
		}
		size := c.Gather(shape, axes, 0) // [1]
		// The leading 1 keeps the product defined when axis is 0.
		before := c.Op("Slice", values(shape, c.Ints(0), axes))
		outer := c.Op("ReduceProd", values(c.Concat(0, c.Ints(1), before)), onnx.IntAttr("keepdims", 1))
		entries := c.Reshape(c.Op("Size", values(index)), 1)
		flat := c.ReshapeLike(dy, c.Concat(0, outer, entries, c.Ints(-1))) // [outer, entries, inner]
		dx := c.scatterAdd(c.Reshape(c.int64s(index), -1), flat, outer, size)
		return values(c.ReshapeLike(dx, shape))
	},
})

// oneEntry is the gradient of gathering a single entry: dY at it, 0 elsewhere,
// as a product with a one-hot column; rank is that of the result.
func (c *call) oneEntry(index *onnx.Tensor, dy *onnx.Value, rank int64) *onnx.Value {
	shape, axis := c.in[0], c.value("axis").Int
	size := c.Gather(shape, c.Ints(axis), 0)
	at, err := index.Int64s()
	if err != nil {
		c.Fail(err)
		return dy
	}
	position := c.Ints(at...)
	if at[0] < 0 {
		position = c.Add(position, size)
	}
	every := c.Op("Range", values(c.Int(0), c.Reshape(size), c.Int(1)))
	hot := c.asType(c.Equal(every, position), dy) // [size]
	if axis < 0 {
		axis += rank
	}
	column := []int64{-1}
	for i := axis + 1; i < rank; i++ {
		column = append(column, 1)
	}
	if len(index.Dims) == 0 {
		dy = c.Unsqueeze(dy, axis)
	} else if len(index.Dims) > 1 {
		dy = c.ReshapeLike(dy, c.Concat(0, c.Op("Slice", values(shape, c.Ints(0), c.Ints(axis))), c.Ints(1),
			c.Op("Slice", values(shape, c.Ints(axis+1), c.Ints(rank)))))
	}
	return c.Mul(dy, c.Reshape(hot, column...))
}

// scatterAdd adds the entries of dy [outer, entries, inner] at index [entries]
// to zeros [outer, size, inner].
func (c *call) scatterAdd(index, dy, outer, size *onnx.Value) *onnx.Value {
	const reductionSince = 16
	if c.Opset(onnx.DomainDefault) < reductionSince {
		every := c.Unsqueeze(c.Op("Range", values(c.Int(0), c.Reshape(size), c.Int(1))), 1)
		index = c.Where(c.Op("Less", values(index, c.Int(0))), c.Add(index, size), index)
		hot := c.asType(c.Equal(every, index), dy) // [size, entries]
		return c.MatMul(hot, dy)
	}
	inner := c.Gather(c.Shape(dy), c.Ints(2), 0)
	zero := onnx.NewTensor([]int64{1}, float32(0))
	if dy.Type.DType == onnx.Double {
		zero = onnx.NewTensor([]int64{1}, float64(0))
	}
	table := c.Op("ConstantOfShape", values(c.Concat(0, outer, size, inner)), onnx.TensorAttr("value", zero))
	index = c.Expand(c.Reshape(index, 1, -1, 1), c.Shape(dy))
	return c.Op("ScatterElements", values(table, index, dy), onnx.IntAttr("axis", 1), onnx.StringAttr("reduction", "add"))
}
