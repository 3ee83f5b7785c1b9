package native

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Alignment is the alignment of every Buffer in bytes: one cache line, one
// AVX-512 vector.
const Alignment = 64

// ErrMemory is the sentinel of a failed allocation.
var ErrMemory = errors.New("out of memory")

var live atomic.Int64

// Live is the number of bytes that open Buffers hold in this process; leak
// tests compare it before and after.
func Live() int64 { return live.Load() }

// Buffer is zeroed memory outside the Go heap, aligned to Alignment. Pages of a
// large Buffer cost no memory until they are first written. Its owner closes
// it; slices taken from it are invalid afterwards.
type Buffer struct {
	once sync.Once
	base unsafe.Pointer
	data []byte
}

// Alloc returns a Buffer of n bytes, all zero. n = 0 is allowed. The error
// wraps ErrMemory.
func Alloc(n int) (*Buffer, error) {
	if n < 0 {
		return nil, fmt.Errorf("native: cannot allocate %d bytes; the size must not be negative: %w", n, ErrMemory)
	}
	base := allocate(n)
	if base == nil {
		return nil, fmt.Errorf("native: cannot allocate %d bytes beside the %d in use; use a smaller batch or model: %w", n, Live(), ErrMemory)
	}
	skip := -uintptr(base) & (Alignment - 1)
	live.Add(int64(n))
	return &Buffer{base: base, data: unsafe.Slice((*byte)(unsafe.Add(base, skip)), n)}, nil
}

// AllocFloat32s is Alloc for n float32 numbers.
func AllocFloat32s(n int) (*Buffer, error) {
	if n > maxInt/4 {
		return nil, fmt.Errorf("native: cannot allocate %d floats; that is more than an address can hold: %w", n, ErrMemory)
	}
	return Alloc(4 * n)
}

const maxInt = int(^uint(0) >> 1)

// Close releases the memory. Further calls do nothing.
func (b *Buffer) Close() error {
	b.once.Do(func() {
		release(b.base)
		live.Add(-int64(len(b.data)))
		b.base, b.data = nil, nil
	})
	return nil
}

// Bytes is the whole buffer, or nil after Close.
func (b *Buffer) Bytes() []byte { return b.data }

// Float32s is the buffer as float32; bytes beyond a multiple of 4 are left out.
func (b *Buffer) Float32s() []float32 { return view[float32](b.data) }

// Int64s is the buffer as int64; bytes beyond a multiple of 8 are left out.
func (b *Buffer) Int64s() []int64 { return view[int64](b.data) }

// Int32s is the buffer as int32; bytes beyond a multiple of 4 are left out.
func (b *Buffer) Int32s() []int32 { return view[int32](b.data) }

func view[T any](data []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/int(unsafe.Sizeof(zero)))
}
