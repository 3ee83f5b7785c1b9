package infer

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// same is the rule of operators whose output has the type of input 0.
func same(c *Context) error {
	t := c.In(0)
	c.SetTensor(0, t.DType, t.Shape)
	return nil
}

// broadcastAll sets output 0 to the broadcast of all inputs from first on, in
// the given element type (that of input first if Undefined).
func broadcastAll(c *Context, first int, d onnx.DType) error {
	shape := c.Shape(first)
	for i := first + 1; i < len(c.Node.Inputs); i++ {
		s, err := Broadcast(shape, c.Shape(i))
		if err != nil {
			return err
		}
		shape = s
	}
	if d == onnx.Undefined {
		d = c.In(first).DType
		for i := first + 1; i < len(c.Node.Inputs); i++ {
			if e := c.In(i).DType; differ(d, e) && c.Node.Op != "Pow" {
				return fmt.Errorf("%s and %s: %w", d, e, ErrDType)
			}
		}
	}
	c.SetTensor(0, d, shape)
	return nil
}

func arithmetic(c *Context) error {
	c.foldArithmetic()
	return broadcastAll(c, 0, onnx.Undefined)
}

// differ reports whether two element types are known and not the same.
func differ(a, b onnx.DType) bool {
	return a != onnx.Undefined && b != onnx.Undefined && a != b
}

func comparison(c *Context) error {
	if a, b := c.In(0).DType, c.In(1).DType; differ(a, b) {
		return fmt.Errorf("%s and %s: %w", a, b, ErrDType)
	}
	return broadcastAll(c, 0, onnx.Bool)
}

// foldArithmetic follows sums and products of shape data: of constants, and
// with the neutral element.
func (c *Context) foldArithmetic() {
	a, b := c.Data(0), c.Data(1)
	if len(a) == 0 || len(b) == 0 || len(c.Node.Inputs) != 2 {
		return
	}
	n := max(len(a), len(b))
	if len(a) != n && len(a) != 1 || len(b) != n && len(b) != 1 {
		return
	}
	out := make([]onnx.Dim, n)
	for i := range out {
		out[i] = fold(c.Node.Op, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
	}
	c.SetData(0, out)
}

func fold(op string, a, b onnx.Dim) onnx.Dim {
	x, xok := Constant(a)
	y, yok := Constant(b)
	if xok && yok {
		switch op {
		case "Add":
			return constantDims([]int64{x + y})[0]
		case "Sub":
			return constantDims([]int64{x - y})[0]
		case "Mul":
			return constantDims([]int64{x * y})[0]
		case "Div":
			if y != 0 {
				return constantDims([]int64{x / y})[0]
			}
		}
		return onnx.AnyDim
	}
	neutral := int64(0)
	if op == "Mul" || op == "Div" {
		neutral = 1
	}
	switch {
	case yok && y == neutral:
		return a
	case xok && x == neutral && (op == "Add" || op == "Mul"):
		return b
	}
	return onnx.AnyDim
}

func cast(c *Context) error {
	to := onnx.DType(c.Node.Int("to", 0))
	if !to.Valid() {
		return fmt.Errorf("cast to element type %d: %w", to, ErrDType)
	}
	c.SetTensor(0, to, c.Shape(0))
	c.SetData(0, c.Data(0))
	return nil
}

func identity(c *Context) error {
	if v := c.Node.Output(0); v != nil && c.In(0).Kind != onnx.TensorKind && c.In(0).Kind != onnx.NoType {
		v.Type = c.In(0)
		return nil
	}
	c.SetData(0, c.Data(0))
	return same(c)
}

// where has the condition first; the element type is that of the branches.
func where(c *Context) error {
	t := c.In(1)
	if e := c.In(2).DType; differ(t.DType, e) {
		return fmt.Errorf("branches %s and %s: %w", t.DType, e, ErrDType)
	}
	if t.DType == onnx.Undefined {
		t = c.In(2)
	}
	if err := broadcastAll(c, 0, t.DType); err != nil {
		return err
	}
	cond, a, b := c.Data(0), c.Data(1), c.Data(2)
	if len(cond) == 0 || len(cond) != len(a) || len(a) != len(b) {
		return nil
	}
	out := make([]onnx.Dim, len(cond))
	for i := range out {
		out[i] = b[i]
		if v, ok := Constant(cond[i]); !ok {
			out[i] = onnx.AnyDim
		} else if v != 0 {
			out[i] = a[i]
		}
	}
	c.SetData(0, out)
	return nil
}

// equal also compares shape data, which exported Expand chains do.
func equal(c *Context) error {
	a, b := c.Data(0), c.Data(1)
	if len(a) > 0 && len(a) == len(b) {
		out := make([]onnx.Dim, len(a))
		for i := range out {
			x, xok := Constant(a[i])
			y, yok := Constant(b[i])
			switch {
			case xok && yok:
				out[i] = onnx.Fixed(flag(x == y))
			case xok && x < 0 || yok && y < 0:
				out[i] = onnx.Fixed(0) // a size is never negative
			default:
				out[i] = onnx.AnyDim
			}
		}
		c.SetData(0, out)
	}
	return comparison(c)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func variadic(c *Context) error { return broadcastAll(c, 0, onnx.Undefined) }

func registerAll(domain string, f Func, ops ...string) struct{} {
	for _, op := range ops {
		register(domain, op, f)
	}
	return struct{}{}
}

var _ = registerAll("", arithmetic, "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max")
var _ = registerAll("", comparison, "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor")
var _ = registerAll("", same, "Neg", "Sqrt", "Erf", "Tanh", "Sigmoid", "Relu", "LeakyRelu", "Elu", "Gelu", "Exp", "Log", "Abs", "Sign",
	"Reciprocal", "Clip", "Floor", "Ceil", "Round", "Not", "Softplus", "Softsign", "HardSigmoid", "HardSwish", "Mish", "Selu", "Celu", "Softmax", "LogSoftmax", "CumSum", "ScatterElements", "ScatterND", "Trilu", "Sin", "Cos", "Atan")
var _ = registerAll("", variadic, "Sum", "Mean")
var _ = registerAll("", func(c *Context) error {
	c.SetTensor(0, onnx.Bool, c.Shape(0))
	return nil
}, "IsNaN", "IsInf")
var _ = register("", "Equal", equal)
var _ = register("", "Cast", cast)
var _ = register("", "Identity", identity)
var _ = register("", "Where", where)
var _ = registerAll(onnx.DomainMicrosoft, same, "Gelu", "BiasGelu", "FastGelu", "QuickGelu")
