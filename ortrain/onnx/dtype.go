package onnx

import "fmt"

// DType is an element type. Its numbers are those of ONNX TensorProto.DataType.
type DType int32

// The element types of ONNX (IR version 13).
const (
	Undefined           DType = 0
	Float               DType = 1
	Uint8               DType = 2
	Int8                DType = 3
	Uint16              DType = 4
	Int16               DType = 5
	Int32               DType = 6
	Int64               DType = 7
	String              DType = 8
	Bool                DType = 9
	Float16             DType = 10
	Double              DType = 11
	Uint32              DType = 12
	Uint64              DType = 13
	Complex64           DType = 14
	Complex128          DType = 15
	BFloat16            DType = 16
	Float8E4M3FN        DType = 17
	Float8E4M3UZ        DType = 18
	Float8E5M2          DType = 19
	Float8E5M2UZ        DType = 20
	Uint4               DType = 21
	Int4                DType = 22
	Float4E2M1          DType = 23
	Float8E8M0          DType = 24
	Uint2               DType = 25
	Int2                DType = 26
	maxDType                  = Int2
	bitsPerNibble             = 4
	bitsPerByteOfTensor       = 8
)

// dtypeInfo holds the name in ONNX text syntax and the width of one element in
// bits (0 for strings, whose elements have no fixed width).
var dtypeInfo = [maxDType + 1]struct {
	name string
	bits int
}{
	Undefined: {"undefined", 0},
	Float:     {"float", 32}, Double: {"double", 64}, Float16: {"float16", 16}, BFloat16: {"bfloat16", 16},
	Uint8: {"uint8", 8}, Int8: {"int8", 8}, Uint16: {"uint16", 16}, Int16: {"int16", 16},
	Uint32: {"uint32", 32}, Int32: {"int32", 32}, Uint64: {"uint64", 64}, Int64: {"int64", 64},
	String: {"string", 0}, Bool: {"bool", 8}, Complex64: {"complex64", 64}, Complex128: {"complex128", 128},
	Float8E4M3FN: {"float8e4m3fn", 8}, Float8E4M3UZ: {"float8e4m3fnuz", 8},
	Float8E5M2: {"float8e5m2", 8}, Float8E5M2UZ: {"float8e5m2fnuz", 8}, Float8E8M0: {"float8e8m0", 8},
	Uint4: {"uint4", bitsPerNibble}, Int4: {"int4", bitsPerNibble}, Float4E2M1: {"float4e2m1", bitsPerNibble},
	Uint2: {"uint2", 2}, Int2: {"int2", 2},
}

// Valid reports whether d is an element type that ONNX defines.
func (d DType) Valid() bool { return d > Undefined && d <= maxDType }

// String returns the name of d in ONNX text syntax, such as "float" or "int64".
func (d DType) String() string {
	if d < 0 || d > maxDType {
		return fmt.Sprintf("dtype(%d)", int32(d))
	}
	return dtypeInfo[d].name
}

// ParseDType is the inverse of String.
func ParseDType(name string) (DType, bool) {
	for d := Float; d <= maxDType; d++ {
		if dtypeInfo[d].name == name {
			return d, true
		}
	}
	return Undefined, false
}

// Bits returns the width of one element in bits, 0 for String and Undefined.
// Sub-byte types are packed, two or four to a byte.
func (d DType) Bits() int {
	if d < 0 || d > maxDType {
		return 0
	}
	return dtypeInfo[d].bits
}

// Bytes returns the number of bytes that n elements take in raw tensor data.
func (d DType) Bytes(n int64) int64 {
	return (n*int64(d.Bits()) + bitsPerByteOfTensor - 1) / bitsPerByteOfTensor
}

// IsFloat reports whether d is a real floating-point type.
func (d DType) IsFloat() bool {
	switch d {
	case Float, Double, Float16, BFloat16:
		return true
	}
	return false
}
