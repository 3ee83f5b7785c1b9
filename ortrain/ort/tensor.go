package ort

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"unsafe"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Tensor is a row-major array in memory outside the Go heap, aligned to 64
// bytes. Sessions read and write that memory directly: what a caller stores in
// the slice that Float32s returns is what the next run sees.
//
// The slices are views: they are dead after Close, and after a Reshape their
// length no longer fits.
type Tensor struct {
	dtype onnx.DType
	shape []int64
	n     int // elements

	mu    sync.Mutex // guards mem and value
	mem   *memory    // nil after Close
	value unsafe.Pointer
	owner *Env // of value
}

// Number lists the Go types of tensor elements.
type Number interface {
	float32 | float64 | int64 | int32 | uint8 | int8 | uint16 | bool
}

// NewTensor returns a zeroed tensor. No shape means one element (rank 0); a
// dimension of 0 means none. It needs no environment.
//
// Errors: ErrShape for a negative dimension, an overflow or an element type
// without a fixed whole-byte width; ErrMemory.
func NewTensor(dtype onnx.DType, shape ...int64) (*Tensor, error) {
	n, err := elements(dtype, shape)
	if err != nil {
		return nil, err
	}
	mem, err := newMemory(int64(n) * width(dtype))
	if err != nil {
		return nil, err
	}
	return newOver(mem, dtype, shape, n), nil
}

// TensorOf returns a tensor with a copy of data in it.
//
// Errors: ErrShape if data does not have as many elements as shape; those of
// NewTensor.
func TensorOf[T Number](shape []int64, data ...T) (*Tensor, error) {
	dtype := dtypeOf[T]()
	n, err := elements(dtype, shape)
	if err != nil {
		return nil, err
	}
	if n != len(data) {
		return nil, fmt.Errorf("ort: %d elements for shape %v, which has %d: %w", len(data), shape, n, ErrShape)
	}
	t, err := NewTensor(dtype, shape...)
	if err != nil {
		return nil, err
	}
	copy(view[T](t), data)
	return t, nil
}

func newOver(mem *memory, dtype onnx.DType, shape []int64, n int) *Tensor {
	count(func(h *Handles) { h.Tensors++ })
	return &Tensor{dtype: dtype, shape: slices.Clone(shape), n: n, mem: mem}
}

// maxRank bounds shapes; the runtime's own kernels stop at 8 or less.
const maxRank = 32

// width is the size of one element in bytes.
func width(dtype onnx.DType) int64 { return int64(dtype.Bits() / 8) }

// elements returns the number of elements of a shape.
func elements(dtype onnx.DType, shape []int64) (int, error) {
	if bits := dtype.Bits(); bits == 0 || bits%8 != 0 {
		return 0, fmt.Errorf("ort: tensor of %s; a type of whole bytes is needed: %w", dtype, ErrShape)
	}
	if len(shape) > maxRank {
		return 0, fmt.Errorf("ort: tensor of rank %d; at most %d is possible: %w", len(shape), maxRank, ErrShape)
	}
	limit := int64(math.MaxInt64-2*alignment) / width(dtype)
	n := int64(1)
	empty := slices.Contains(shape, 0)
	for _, d := range shape {
		if d < 0 || !empty && d > limit/n {
			return 0, fmt.Errorf("ort: tensor of shape %v; dimensions must not be negative and the size must fit in memory: %w", shape, ErrShape)
		}
		if !empty {
			n *= d
		}
	}
	if empty {
		return 0, nil
	}
	return int(n), nil
}

// DType returns the element type.
func (t *Tensor) DType() onnx.DType { return t.dtype }

// Shape returns a copy of the shape, of length 0 for rank 0.
func (t *Tensor) Shape() []int64 { return slices.Clone(t.shape) }

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.n }

// Reshape gives t another shape over the same memory, from its first element
// on. The new shape may have fewer or more elements than the old one as long as
// the memory made by NewTensor holds them; elements are kept. It is how one
// staging buffer serves batches of changing shape; it costs less than a
// microsecond, and nothing if the shape is the same.
//
// Errors: ErrShape, ErrClosed; t is unchanged then.
func (t *Tensor) Reshape(shape ...int64) error {
	if slices.Equal(shape, t.shape) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.fit(shape)
	if err != nil {
		return err
	}
	t.dropValue()
	t.shape, t.n = append(t.shape[:0], shape...), n
	return nil
}

// View returns another tensor over the first elements of t's memory, with a
// shape of its own. The memory lives until both are closed.
//
// Errors: ErrShape if the memory is too small, ErrClosed.
func (t *Tensor) View(shape ...int64) (*Tensor, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.fit(shape)
	if err != nil {
		return nil, err
	}
	t.mem.retain()
	return newOver(t.mem, t.dtype, shape, n), nil
}

// fit returns the number of elements of a shape, which t's memory must hold.
// The caller holds the lock.
func (t *Tensor) fit(shape []int64) (int, error) {
	n, err := elements(t.dtype, shape)
	if err != nil {
		return 0, err
	}
	if t.mem == nil {
		return 0, fmt.Errorf("ort: tensor %w", ErrClosed)
	}
	if need := int64(n) * width(t.dtype); need > t.mem.size {
		return 0, fmt.Errorf("ort: shape %v needs %d bytes, the tensor has %d: %w", shape, need, t.mem.size, ErrShape)
	}
	return n, nil
}

// Close gives the memory back, unless a view still uses it. Closing twice is no
// error. No run may be using t.
func (t *Tensor) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mem == nil {
		return nil
	}
	t.dropValue()
	t.mem.release()
	t.mem, t.n = nil, 0
	count(func(h *Handles) { h.Tensors-- })
	return nil
}

// Float32s returns the elements of a Float tensor, nil of any other.
func (t *Tensor) Float32s() []float32 { return typed[float32](t, onnx.Float) }

// Float64s returns the elements of a Double tensor, nil of any other.
func (t *Tensor) Float64s() []float64 { return typed[float64](t, onnx.Double) }

// Int64s returns the elements of an Int64 tensor, nil of any other.
func (t *Tensor) Int64s() []int64 { return typed[int64](t, onnx.Int64) }

// Int32s returns the elements of an Int32 tensor, nil of any other.
func (t *Tensor) Int32s() []int32 { return typed[int32](t, onnx.Int32) }

// Uint8s returns the elements of a Uint8 tensor, nil of any other.
func (t *Tensor) Uint8s() []uint8 { return typed[uint8](t, onnx.Uint8) }

// Bools returns the elements of a Bool tensor, nil of any other.
func (t *Tensor) Bools() []bool { return typed[bool](t, onnx.Bool) }

// Halfs returns the bits of the elements of a Float16 or BFloat16 tensor, nil of
// any other.
func (t *Tensor) Halfs() []uint16 { return typed[uint16](t, onnx.Float16, onnx.BFloat16) }

// Bytes returns the elements of any tensor as they lie in memory.
func (t *Tensor) Bytes() []byte {
	if t.mem == nil {
		return nil
	}
	return unsafe.Slice((*byte)(t.mem.data), int64(t.n)*width(t.dtype))
}

func typed[T Number](t *Tensor, dtypes ...onnx.DType) []T {
	if !slices.Contains(dtypes, t.dtype) {
		return nil
	}
	return view[T](t)
}

func view[T Number](t *Tensor) []T {
	if t.mem == nil {
		return nil
	}
	return unsafe.Slice((*T)(t.mem.data), t.n)
}

func dtypeOf[T Number]() onnx.DType {
	switch any(*new(T)).(type) {
	case float32:
		return onnx.Float
	case float64:
		return onnx.Double
	case int64:
		return onnx.Int64
	case int32:
		return onnx.Int32
	case uint8:
		return onnx.Uint8
	case int8:
		return onnx.Int8
	case uint16:
		return onnx.Uint16
	}
	return onnx.Bool
}
