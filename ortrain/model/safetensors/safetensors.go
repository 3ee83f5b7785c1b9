// Package safetensors reads and writes the file format in which Hugging Face
// publishes weights: an 8-byte header length, a JSON header that gives each
// tensor its type, shape and place, and the bytes.
//
// Nouns: a File is one file, a Set is the one or several files of a model
// folder ("shards", listed by model.safetensors.index.json), an Info describes
// a stored tensor, a Tensor is one to be written. OpenFolder, Infos and
// ReadFloat32 are the path in; WriteFile is the path out.
//
// Reading trusts nothing: the header is bounded, every tensor's bytes must lie
// inside the file, have exactly the length that shape and type ask for, and
// together cover the data without overlap or gap. Nothing but the header is
// held in memory; tensors are read straight into the caller's slice.
//
// Errors wrap one of the sentinels below and name the file and the tensor.
// Files and Sets may be read by several goroutines at once.
//
// It does not map files into memory, and does not know the types that have no
// use in fine-tuning (8-bit floats, complex numbers): they are refused by name.
//
// Source: https://huggingface.co/docs/safetensors, section "Format".
package safetensors

import (
	"errors"
	"math/bits"
)

// What a file can have wrong, tested with errors.Is.
var (
	// ErrHeader: the header is cut off, too large, or not the JSON it must be.
	ErrHeader = errors.New("malformed header")
	// ErrDuplicate: a tensor name, or a key of the header, occurs twice.
	ErrDuplicate = errors.New("duplicate key")
	// ErrDType: the element type is unknown, or not the one that was asked for.
	ErrDType = errors.New("wrong element type")
	// ErrSize: shape and element type ask for another number of bytes or elements.
	ErrSize = errors.New("wrong size")
	// ErrRange: a tensor's bytes lie outside the file.
	ErrRange = errors.New("offsets out of range")
	// ErrOverlap: two tensors share bytes.
	ErrOverlap = errors.New("overlapping tensors")
	// ErrGap: bytes of the file belong to no tensor.
	ErrGap = errors.New("bytes that belong to no tensor")
	// ErrNotFound: there is no tensor, or no weights file, of that name.
	ErrNotFound = errors.New("not found")
	// ErrIndex: the index of a sharded model is malformed, names a file outside
	// the model's folder, or disagrees with a shard.
	ErrIndex = errors.New("bad shard index")
)

// DType is an element type as the header spells it.
type DType string

// The element types that this package knows.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Bytes returns the width of one element, 0 for a type that is not known.
func (d DType) Bytes() int64 {
	switch d {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// IsFloat reports whether ReadFloat32 can read the type.
func (d DType) IsFloat() bool { return d == F32 || d == F16 || d == BF16 || d == F64 }

// Info describes a stored tensor.
type Info struct {
	Name  string
	DType DType
	// Shape is empty for a single number.
	Shape []int64
	// Offset is where its bytes start in the file; Size is their number.
	Offset, Size int64
}

// Len returns the number of elements.
func (i Info) Len() int64 { return i.Size / i.DType.Bytes() }

// byteSize returns the bytes of a tensor; ok is false if that exceeds an int64
// or a dimension is negative.
func byteSize(d DType, shape []int64) (n int64, ok bool) {
	total := uint64(d.Bytes())
	empty, overflow := false, false
	for _, dim := range shape {
		if dim < 0 {
			return 0, false
		}
		if dim == 0 {
			empty = true
			continue
		}
		hi, lo := bits.Mul64(total, uint64(dim))
		overflow = overflow || hi != 0 || lo > 1<<62
		total = lo
	}
	if empty {
		return 0, true
	}
	return int64(total), !overflow
}
