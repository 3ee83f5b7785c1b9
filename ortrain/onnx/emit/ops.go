package emit

import "github.com/ortrain/ortrain/ortrain/onnx"

// values is shorthand for the input list of a node.
func values(v ...*onnx.Value) []*onnx.Value { return v }

// Float returns the float scalar constant x.
func (t *Tape) Float(x float32) *onnx.Value { return t.Const(onnx.NewTensor(nil, x)) }

// Like returns the scalar constant x in the element type of v (float or
// double).
func (t *Tape) Like(v *onnx.Value, x float64) *onnx.Value {
	if v.Type.DType == onnx.Double {
		return t.Const(onnx.NewTensor(nil, x))
	}
	return t.Float(float32(x))
}

// Int returns the int64 scalar constant x.
func (t *Tape) Int(x int64) *onnx.Value { return t.Const(onnx.NewTensor(nil, x)) }

// Ints returns the int64 vector constant x.
func (t *Tape) Ints(x ...int64) *onnx.Value {
	return t.Const(onnx.NewTensor([]int64{int64(len(x))}, x...))
}

// Add appends a + b with broadcasting.
func (t *Tape) Add(a, b *onnx.Value) *onnx.Value { return t.Op("Add", values(a, b)) }

// Sub appends a − b with broadcasting.
func (t *Tape) Sub(a, b *onnx.Value) *onnx.Value { return t.Op("Sub", values(a, b)) }

// Mul appends a·b with broadcasting.
func (t *Tape) Mul(a, b *onnx.Value) *onnx.Value { return t.Op("Mul", values(a, b)) }

// Div appends a/b with broadcasting.
func (t *Tape) Div(a, b *onnx.Value) *onnx.Value { return t.Op("Div", values(a, b)) }

// Pow appends a^b with broadcasting.
func (t *Tape) Pow(a, b *onnx.Value) *onnx.Value { return t.Op("Pow", values(a, b)) }

// Neg appends −x.
func (t *Tape) Neg(x *onnx.Value) *onnx.Value { return t.Op("Neg", values(x)) }

// Sqrt appends √x.
func (t *Tape) Sqrt(x *onnx.Value) *onnx.Value { return t.Op("Sqrt", values(x)) }

// Exp appends e^x.
func (t *Tape) Exp(x *onnx.Value) *onnx.Value { return t.Op("Exp", values(x)) }

// Log appends the natural logarithm of x.
func (t *Tape) Log(x *onnx.Value) *onnx.Value { return t.Op("Log", values(x)) }

// Erf appends the error function of x.
func (t *Tape) Erf(x *onnx.Value) *onnx.Value { return t.Op("Erf", values(x)) }

// Tanh appends the hyperbolic tangent of x.
func (t *Tape) Tanh(x *onnx.Value) *onnx.Value { return t.Op("Tanh", values(x)) }

// Sigmoid appends 1/(1+e^−x).
func (t *Tape) Sigmoid(x *onnx.Value) *onnx.Value { return t.Op("Sigmoid", values(x)) }

// Identity appends a copy of x.
func (t *Tape) Identity(x *onnx.Value) *onnx.Value { return t.Op("Identity", values(x)) }

// Sum appends the sum of its arguments with broadcasting; one argument is
// returned as it is.
func (t *Tape) Sum(x ...*onnx.Value) *onnx.Value {
	if len(x) == 1 {
		return x[0]
	}
	return t.Op("Sum", x)
}

// MatMul appends the matrix product of a [...,M,K] and b [...,K,N].
func (t *Tape) MatMul(a, b *onnx.Value) *onnx.Value { return t.Op("MatMul", values(a, b)) }

// Gemm appends op(a)·op(b) + c for matrices, where op transposes if the flag
// says so; a nil c is left out.
func (t *Tape) Gemm(a, b, c *onnx.Value, transA, transB bool) *onnx.Value {
	var attrs []onnx.Attr
	if transA {
		attrs = append(attrs, onnx.IntAttr("transA", 1))
	}
	if transB {
		attrs = append(attrs, onnx.IntAttr("transB", 1))
	}
	return t.Op("Gemm", values(a, b, c), attrs...)
}

// Transpose appends x with its axes in the order perm.
func (t *Tape) Transpose(x *onnx.Value, perm ...int64) *onnx.Value {
	return t.Op("Transpose", values(x), onnx.IntsAttr("perm", perm...))
}

// Reshape appends x under new sizes: 0 keeps a size, -1 is worked out.
func (t *Tape) Reshape(x *onnx.Value, sizes ...int64) *onnx.Value {
	return t.Op("Reshape", values(x, t.Ints(sizes...)))
}

// ReshapeLike appends x under the sizes that the int64 vector shape holds.
func (t *Tape) ReshapeLike(x, shape *onnx.Value) *onnx.Value {
	return t.Op("Reshape", values(x, shape))
}

// Shape appends the sizes of x as an int64 vector.
func (t *Tape) Shape(x *onnx.Value) *onnx.Value { return t.Op("Shape", values(x)) }

// Unsqueeze appends x with axes of size 1 inserted.
func (t *Tape) Unsqueeze(x *onnx.Value, axes ...int64) *onnx.Value {
	return t.Op("Unsqueeze", values(x, t.Ints(axes...)))
}

// Squeeze appends x without the given axes of size 1.
func (t *Tape) Squeeze(x *onnx.Value, axes ...int64) *onnx.Value {
	return t.Op("Squeeze", values(x, t.Ints(axes...)))
}

// Gather appends the entries of x along axis at the given indices.
func (t *Tape) Gather(x, indices *onnx.Value, axis int64) *onnx.Value {
	return t.Op("Gather", values(x, indices), onnx.IntAttr("axis", axis))
}

// Expand appends x broadcast to the sizes that the int64 vector shape holds.
func (t *Tape) Expand(x, shape *onnx.Value) *onnx.Value { return t.Op("Expand", values(x, shape)) }

// Where appends a where cond is true and b elsewhere, with broadcasting.
func (t *Tape) Where(cond, a, b *onnx.Value) *onnx.Value { return t.Op("Where", values(cond, a, b)) }

// Equal appends a == b with broadcasting.
func (t *Tape) Equal(a, b *onnx.Value) *onnx.Value { return t.Op("Equal", values(a, b)) }

// Cast appends x converted to another element type.
func (t *Tape) Cast(x *onnx.Value, to onnx.DType) *onnx.Value {
	return t.Op("Cast", values(x), onnx.IntAttr("to", int64(to)))
}

// Softmax appends the softmax of x along axis.
func (t *Tape) Softmax(x *onnx.Value, axis int64) *onnx.Value {
	return t.Op("Softmax", values(x), onnx.IntAttr("axis", axis))
}

// LogSoftmax appends the logarithm of the softmax of x along axis.
func (t *Tape) LogSoftmax(x *onnx.Value, axis int64) *onnx.Value {
	return t.Op("LogSoftmax", values(x), onnx.IntAttr("axis", axis))
}

// LayerNormalization appends the normalisation of x over its last axis and
// returns all three outputs: Y, Mean and InvStdDev.
func (t *Tape) LayerNormalization(x, scale, bias *onnx.Value, epsilon float32) (y, mean, inv *onnx.Value) {
	out := t.Node(onnx.DomainDefault, "LayerNormalization", 3, values(x, scale, bias),
		onnx.IntAttr("axis", -1), onnx.FloatAttr("epsilon", epsilon))
	return out[0], out[1], out[2]
}

// ReduceSum appends the sum of x over axes; none means all of them.
func (t *Tape) ReduceSum(x *onnx.Value, keep bool, axes ...int64) *onnx.Value {
	in := values(x)
	if len(axes) > 0 {
		in = append(in, t.Ints(axes...))
	}
	return t.Op("ReduceSum", in, onnx.IntAttr("keepdims", flag(keep)))
}

// ReduceMean appends the mean of x over axes (at least one). The axes are an
// attribute before opset 18 and an input since.
func (t *Tape) ReduceMean(x *onnx.Value, keep bool, axes ...int64) *onnx.Value {
	const axesBecameInput = 18
	if t.Opset(onnx.DomainDefault) < axesBecameInput {
		return t.Op("ReduceMean", values(x), onnx.IntsAttr("axes", axes...), onnx.IntAttr("keepdims", flag(keep)))
	}
	return t.Op("ReduceMean", values(x, t.Ints(axes...)), onnx.IntAttr("keepdims", flag(keep)))
}

// Concat appends its arguments joined along axis.
func (t *Tape) Concat(axis int64, x ...*onnx.Value) *onnx.Value {
	return t.Op("Concat", x, onnx.IntAttr("axis", axis))
}

// Contrib appends a single-output node of the com.microsoft domain.
func (t *Tape) Contrib(op string, inputs []*onnx.Value, attrs ...onnx.Attr) *onnx.Value {
	return t.Node(onnx.DomainMicrosoft, op, 1, inputs, attrs...)[0]
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
