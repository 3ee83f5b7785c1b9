package infer

import (
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// matmul infers the product of two shapes by numpy's rules.
func matmul(a, b onnx.Shape) (onnx.Shape, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("a scalar in a matrix product: %w", ErrShape)
	}
	dropRow, dropCol := len(a) == 1, len(b) == 1
	if dropRow {
		a = onnx.Shape{onnx.Fixed(1), a[0]}
	}
	if dropCol {
		b = onnx.Shape{b[0], onnx.Fixed(1)}
	}
	k, l := a[len(a)-1], b[len(b)-2]
	if k.Known() && l.Known() && k.Size != l.Size {
		return nil, fmt.Errorf("inner sizes %s and %s differ: %w", k, l, ErrShape)
	}
	batch, err := Broadcast(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	out := append(onnx.Shape{}, batch...)
	if !dropRow {
		out = append(out, a[len(a)-2])
	}
	if !dropCol {
		out = append(out, b[len(b)-1])
	}
	return out, nil
}

// sameFloat refuses matrix products of two element types.
func (c *Context) sameFloat() error {
	if a, b := c.In(0).DType, c.In(1).DType; differ(a, b) {
		return fmt.Errorf("%s and %s: %w", a, b, ErrDType)
	}
	return nil
}

func matMul(c *Context) error {
	if err := c.sameFloat(); err != nil {
		return err
	}
	s, err := matmul(c.Shape(0), c.Shape(1))
	if err != nil {
		return err
	}
	c.SetTensor(0, c.In(0).DType, s)
	return nil
}

// fusedMatMul is MatMul whose operands may come transposed: transBatch says
// that the first axis stands where the last but one belongs, trans that the
// last two are then swapped.
func fusedMatMul(c *Context) error {
	if err := c.sameFloat(); err != nil {
		return err
	}
	a, b := rotated(c.Shape(0), c.Node.Int("transBatchA", 0)), rotated(c.Shape(1), c.Node.Int("transBatchB", 0))
	s, err := matmul(swapped(a, c.Node.Int("transA", 0)), swapped(b, c.Node.Int("transB", 0)))
	if err != nil {
		return err
	}
	c.SetTensor(0, c.In(0).DType, s)
	return nil
}

// rotated moves the first axis to the last place but one.
func rotated(s onnx.Shape, yes int64) onnx.Shape {
	n := len(s)
	if yes == 0 || n < 3 {
		return s
	}
	return slices.Concat(s[1:n-1], s[:1], s[n-1:])
}

func swapped(s onnx.Shape, yes int64) onnx.Shape {
	if yes == 0 || len(s) < 2 {
		return s
	}
	s = s.Clone()
	n := len(s)
	s[n-1], s[n-2] = s[n-2], s[n-1]
	return s
}

func gemm(c *Context) error {
	a, b := swapped(c.Shape(0), c.Node.Int("transA", 0)), swapped(c.Shape(1), c.Node.Int("transB", 0))
	if err := c.sameFloat(); err != nil {
		return err
	}
	if a == nil || b == nil {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	if len(a) != 2 || len(b) != 2 {
		return fmt.Errorf("matrices are needed: %w", ErrShape)
	}
	s, err := matmul(a, b)
	if err != nil {
		return err
	}
	if _, err := Broadcast(s, c.Shape(2)); err != nil && c.Node.Input(2) != nil {
		return err
	}
	c.SetTensor(0, c.In(0).DType, s)
	return nil
}

var _ = register("", "MatMul", matMul)
var _ = register("", "Gemm", gemm)
var _ = register(onnx.DomainMicrosoft, "FusedMatMul", fusedMatMul)
var _ = register(onnx.DomainMicrosoft, "TransposeMatMul", fusedMatMul)
