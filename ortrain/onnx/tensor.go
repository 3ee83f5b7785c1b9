package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Tensor is constant data: an initializer or an attribute.
//
// Numbers are kept as the raw little-endian bytes of the file, so that reading
// and writing a model copies nothing; the typed accessors convert.
type Tensor struct {
	Name  string
	Doc   string
	DType DType
	Dims  []int64
	// Raw holds the elements, little-endian, row-major, sub-byte types packed.
	Raw []byte
	// Strings holds the elements of a String tensor.
	Strings []string
	// External says where the elements lie when they are not in Raw.
	External *External
	// Metadata is kept, not read.
	Metadata []Pair
	Extra    []byte
}

// External locates tensor data in a file beside the model.
type External struct {
	// Location is a path relative to the model's folder.
	Location string
	Offset   int64
	// Length is in bytes; -1 means to the end of the file.
	Length   int64
	Checksum string
	// Other holds entries under keys that ONNX does not define.
	Other []Pair
}

// Pair is an entry of a metadata list, kept in order.
type Pair struct{ Key, Value string }

// Len returns the number of elements, the product of Dims.
func (t *Tensor) Len() int64 {
	n := int64(1)
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Size returns the number of bytes that the elements take in Raw, 0 for strings.
// It fails when a dimension is negative or the product is beyond an int64.
func (t *Tensor) Size() (int64, error) {
	bits, empty := int64(max(t.DType.Bits(), 1)), false
	for _, d := range t.Dims {
		empty = empty || d == 0
		switch {
		case d < 0:
			return 0, fmt.Errorf("onnx: tensor %q has dimensions %v; sizes of 0 or more are expected: %w", t.Name, t.Dims, ErrInvalid)
		case d > 0 && bits > math.MaxInt64/d:
			return 0, fmt.Errorf("onnx: tensor %q has dimensions %v; their product is too large: %w", t.Name, t.Dims, ErrInvalid)
		case d > 0:
			bits *= d
		}
	}
	if empty || t.DType.Bits() == 0 {
		return 0, nil
	}
	return (bits-1)/bitsPerByteOfTensor + 1, nil
}

// Type returns the tensor type of t.
func (t *Tensor) Type() Type { return TensorOf(t.DType, NewShape(t.Dims...)) }

// number lists the Go types that tensors are made of and read as.
type number interface {
	float32 | float64 | int32 | int64 | uint8 | int8 | bool
}

func dtypeOf[T number]() DType {
	switch any(*new(T)).(type) {
	case float32:
		return Float
	case float64:
		return Double
	case int32:
		return Int32
	case int64:
		return Int64
	case uint8:
		return Uint8
	case int8:
		return Int8
	}
	return Bool
}

// NewTensor returns a tensor of the given dimensions over a copy of data; nil
// dims make a scalar of one element. It panics if the sizes disagree, which is
// a fault of the program, never of its input.
func NewTensor[T number](dims []int64, data ...T) *Tensor {
	t := &Tensor{DType: dtypeOf[T](), Dims: append([]int64{}, dims...)}
	if t.Len() != int64(len(data)) {
		panic(fmt.Sprintf("onnx: %d elements for dimensions %v", len(data), dims))
	}
	raw, err := binary.Append(make([]byte, 0, t.DType.Bytes(t.Len())), binary.LittleEndian, data)
	if err != nil {
		panic(fmt.Sprintf("onnx: encoding %T: %v", data, err))
	}
	t.Raw = raw
	return t
}

// Float64s returns the elements as float64, from any real number type or bool.
// It fails on external, string, complex and 4- or 8-bit float data, and when
// Raw does not hold Len elements.
func (t *Tensor) Float64s() ([]float64, error) {
	if err := t.sized(); err != nil {
		return nil, err
	}
	out := make([]float64, t.Len())
	for i := range out {
		v, ok := t.floatAt(i)
		if !ok {
			return nil, fmt.Errorf("onnx: tensor %q holds %s; numbers that convert to float64 are needed", t.Name, t.DType)
		}
		out[i] = v
	}
	return out, nil
}

// Int64s returns the elements as int64, from any integer type or bool. Other
// types fail.
func (t *Tensor) Int64s() ([]int64, error) {
	if err := t.sized(); err != nil {
		return nil, err
	}
	out := make([]int64, t.Len())
	for i := range out {
		v, ok := t.intAt(i)
		if !ok {
			return nil, fmt.Errorf("onnx: tensor %q holds %s; integers are needed", t.Name, t.DType)
		}
		out[i] = v
	}
	return out, nil
}

// Float32s returns the elements of a Float tensor.
func (t *Tensor) Float32s() ([]float32, error) {
	if t.DType != Float {
		return nil, fmt.Errorf("onnx: tensor %q holds %s; float is needed", t.Name, t.DType)
	}
	if err := t.sized(); err != nil {
		return nil, err
	}
	out := make([]float32, t.Len())
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Raw[4*i:]))
	}
	return out, nil
}

func (t *Tensor) sized() error {
	if t.External != nil {
		return fmt.Errorf("onnx: tensor %q lies in %q and has not been loaded", t.Name, t.External.Location)
	}
	want, err := t.Size()
	if err != nil {
		return err
	}
	if t.DType.Bits() == 0 {
		return fmt.Errorf("onnx: tensor %q holds %s; numbers are needed", t.Name, t.DType)
	}
	if int64(len(t.Raw)) != want {
		return fmt.Errorf("onnx: tensor %q %s%v has %d bytes; %d are needed", t.Name, t.DType, t.Dims, len(t.Raw), want)
	}
	return nil
}

func (t *Tensor) floatAt(i int) (float64, bool) {
	le := binary.LittleEndian
	switch t.DType {
	case Float:
		return float64(math.Float32frombits(le.Uint32(t.Raw[4*i:]))), true
	case Double:
		return math.Float64frombits(le.Uint64(t.Raw[8*i:])), true
	case BFloat16:
		return float64(math.Float32frombits(uint32(le.Uint16(t.Raw[2*i:])) << 16)), true
	case Float16:
		return halfToFloat(le.Uint16(t.Raw[2*i:])), true
	case Uint64:
		return float64(le.Uint64(t.Raw[8*i:])), true
	}
	v, ok := t.intAt(i)
	return float64(v), ok
}

func (t *Tensor) intAt(i int) (int64, bool) {
	le := binary.LittleEndian
	switch t.DType {
	case Int64, Uint64:
		return int64(le.Uint64(t.Raw[8*i:])), true
	case Int32:
		return int64(int32(le.Uint32(t.Raw[4*i:]))), true
	case Uint32:
		return int64(le.Uint32(t.Raw[4*i:])), true
	case Int16:
		return int64(int16(le.Uint16(t.Raw[2*i:]))), true
	case Uint16:
		return int64(le.Uint16(t.Raw[2*i:])), true
	case Int8:
		return int64(int8(t.Raw[i])), true
	case Uint8, Bool:
		return int64(t.Raw[i]), true
	}
	return 0, false
}

// halfToFloat widens an IEEE 754 binary16 number; every one is exact in
// float64.
func halfToFloat(h uint16) float64 {
	sign, exp, frac := float64(1), int(h>>10&0x1f), float64(h&0x3ff)
	if h&0x8000 != 0 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 0x1f:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+frac/1024, exp-15)
}
