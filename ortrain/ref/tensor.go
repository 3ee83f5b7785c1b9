package ref

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Tensor is a value of an evaluation, row-major.
type Tensor struct {
	DType onnx.DType
	// Dims are the sizes of the axes; a scalar has none.
	Dims []int64
	// F holds the elements of floating-point types, at full float64 precision.
	F []float64
	// I holds the elements of integer types and of bool (0 and 1).
	I []int64
}

// Floats returns a tensor of type float. Nil dims make a scalar of one element.
func Floats(dims []int64, f ...float64) *Tensor {
	return &Tensor{DType: onnx.Float, Dims: dims, F: f}
}

// Ints returns a tensor of type int64. Nil dims make a scalar of one element.
func Ints(dims []int64, i ...int64) *Tensor {
	return &Tensor{DType: onnx.Int64, Dims: dims, I: i}
}

// Bools returns a tensor of type bool. Nil dims make a scalar of one element.
func Bools(dims []int64, b ...bool) *Tensor {
	t := &Tensor{DType: onnx.Bool, Dims: dims, I: make([]int64, len(b))}
	for k, v := range b {
		t.I[k] = flag(v)
	}
	return t
}

// FromONNX returns the content of a constant. Strings, complex numbers and 4-
// and 8-bit floats are errors, and so is data that has not been loaded.
func FromONNX(c *onnx.Tensor) (*Tensor, error) {
	t := &Tensor{DType: c.DType, Dims: slices.Clone(c.Dims)}
	if _, err := count(c.Dims); err != nil {
		return nil, err
	}
	var err error
	if c.DType.IsFloat() {
		t.F, err = c.Float64s()
	} else {
		t.I, err = c.Int64s()
	}
	if err != nil {
		return nil, err
	}
	if c.DType == onnx.Bool {
		for k, v := range t.I {
			t.I[k] = flag(v != 0)
		}
	}
	return t, nil
}

// ONNX returns the tensor as constant data, rounded to its element type.
func (t *Tensor) ONNX() (*onnx.Tensor, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	out := &onnx.Tensor{DType: t.DType, Dims: slices.Clone(t.Dims)}
	if out.Dims == nil {
		out.Dims = []int64{}
	}
	le := binary.LittleEndian
	for k := range t.Len() {
		switch t.DType {
		case onnx.Float:
			out.Raw = le.AppendUint32(out.Raw, math.Float32bits(float32(t.F[k])))
		case onnx.Double:
			out.Raw = le.AppendUint64(out.Raw, math.Float64bits(t.F[k]))
		case onnx.Float16:
			out.Raw = le.AppendUint16(out.Raw, half(t.F[k]))
		case onnx.BFloat16:
			out.Raw = le.AppendUint16(out.Raw, brain(t.F[k]))
		case onnx.Int64, onnx.Uint64:
			out.Raw = le.AppendUint64(out.Raw, uint64(t.I[k]))
		case onnx.Int32, onnx.Uint32:
			out.Raw = le.AppendUint32(out.Raw, uint32(t.I[k]))
		case onnx.Int16, onnx.Uint16:
			out.Raw = le.AppendUint16(out.Raw, uint16(t.I[k]))
		case onnx.Int8, onnx.Uint8, onnx.Bool:
			out.Raw = append(out.Raw, byte(t.I[k]))
		}
	}
	return out, nil
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return max(len(t.F), len(t.I)) }

// Type returns the tensor's type, all of whose sizes are known.
func (t *Tensor) Type() onnx.Type { return onnx.TensorOf(t.DType, onnx.NewShape(t.Dims...)) }

// String returns the type, such as "float[2,3]", never the content.
func (t *Tensor) String() string {
	if t == nil {
		return "(omitted)"
	}
	return t.Type().String()
}

// Clone returns a copy that shares nothing with t.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{DType: t.DType, Dims: slices.Clone(t.Dims), F: slices.Clone(t.F), I: slices.Clone(t.I)}
}

// check tells whether a tensor from outside is whole.
func (t *Tensor) check() error {
	n, err := count(t.Dims)
	if err != nil {
		return err
	}
	have := len(t.I)
	if t.DType.IsFloat() {
		have = len(t.F)
	}
	switch {
	case !supported(t.DType):
		return fmt.Errorf("elements of type %s; numbers or bool are needed: %w", t.DType, ErrInput)
	case int64(have) != n || t.Len() != have:
		return fmt.Errorf("%s with %d floats and %d integers; %d elements of one kind are needed: %w", t, len(t.F), len(t.I), n, ErrInput)
	}
	if k := slices.IndexFunc(t.I, func(v int64) bool { return wrap(t.DType, v) != v }); k >= 0 {
		return fmt.Errorf("element %d of %s is %d: %w", k, t, t.I[k], ErrInput)
	}
	return nil
}

func supported(d onnx.DType) bool {
	switch d {
	case onnx.Float, onnx.Double, onnx.Float16, onnx.BFloat16, onnx.Bool,
		onnx.Int8, onnx.Int16, onnx.Int32, onnx.Int64, onnx.Uint8, onnx.Uint16, onnx.Uint32, onnx.Uint64:
		return true
	}
	return false
}

// set copies element j of src, which has the same kind of elements, to k.
func (t *Tensor) set(k int, src *Tensor, j int) {
	if src.F != nil {
		t.F[k] = src.F[j]
	} else {
		t.I[k] = src.I[j]
	}
}

// at returns element k of any tensor as a float64.
func (t *Tensor) at(k int) float64 {
	if t.F != nil {
		return t.F[k]
	}
	return float64(t.I[k])
}

// wrap reduces v to the width of an integer type.
func wrap(d onnx.DType, v int64) int64 {
	switch d {
	case onnx.Int8:
		return int64(int8(v))
	case onnx.Int16:
		return int64(int16(v))
	case onnx.Int32:
		return int64(int32(v))
	case onnx.Uint8:
		return int64(uint8(v))
	case onnx.Uint16:
		return int64(uint16(v))
	case onnx.Uint32:
		return int64(uint32(v))
	case onnx.Bool:
		return flag(v != 0)
	}
	return v
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// half rounds to IEEE 754 binary16, ties to even.
func half(x float64) uint16 {
	const smallest, mantissa = -14, 10 // exponent of the smallest normal number, bits of the fraction
	sign := uint16(math.Float64bits(x) >> 48 & 0x8000)
	switch x = math.Abs(x); {
	case math.IsNaN(x):
		return sign | 0x7e00
	case x == 0:
		return sign
	case x >= 65520: // half-way from the largest number, 65504, to the next power of two
		return sign | 0x7c00
	}
	_, e := math.Frexp(x) // x = f·2^e with f in [½,1)
	exp := max(e-1, smallest)
	n := uint16(math.RoundToEven(math.Ldexp(x, mantissa-exp)))
	// A fraction with its leading bit carries into the exponent by itself.
	return sign | (uint16(exp-smallest)<<mantissa + n)
}

// brain rounds to bfloat16, ties to even.
func brain(x float64) uint16 {
	b := math.Float32bits(float32(x))
	if math.IsNaN(x) {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
