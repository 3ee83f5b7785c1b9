package ort

// #include "lib.h"
import "C"

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

// alignment is that of a cache line and of the widest vector register.
const alignment = 64

// memory is one zeroed C allocation, shared by a tensor and its views.
type memory struct {
	base unsafe.Pointer // what is freed
	data unsafe.Pointer // base, aligned
	size int64          // usable bytes at data, a multiple of alignment, not 0
	refs atomic.Int32
}

// newMemory allocates at least n bytes; the system hands the pages out when
// they are first touched. The size is rounded up to whole cache lines, so that
// vector code may read past the last element.
func newMemory(n int64) (*memory, error) {
	size := max(n+alignment-1, alignment) &^ (alignment - 1)
	base := C.ortrain_calloc(C.size_t(size + alignment))
	if base == nil {
		return nil, fmt.Errorf("ort: allocating %d bytes for a tensor: %w", n, ErrMemory)
	}
	slack := -uintptr(base) & (alignment - 1)
	m := &memory{base: base, data: unsafe.Add(base, slack), size: size}
	m.refs.Store(1)
	count(func(h *Handles) { h.Bytes += size })
	return m, nil
}

func (m *memory) retain() { m.refs.Add(1) }

func (m *memory) release() {
	if m.refs.Add(-1) > 0 {
		return
	}
	C.ortrain_free(m.base)
	count(func(h *Handles) { h.Bytes -= m.size })
}
