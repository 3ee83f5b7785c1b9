package ort

// #include "lib.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// bind returns t as the runtime knows it, an OrtValue over t's memory. It is
// made on first use and kept until Reshape or Close.
func (t *Tensor) bind(e *Env) (unsafe.Pointer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mem == nil {
		return nil, fmt.Errorf("tensor %w", ErrClosed)
	}
	if t.value != nil {
		return t.value, nil
	}
	var dims *C.int64_t
	if len(t.shape) > 0 {
		dims = (*C.int64_t)(&t.shape[0])
	}
	status := C.ortrain_value_new(e.api.p, e.memory, t.mem.data, C.size_t(t.mem.size), dims, C.size_t(len(t.shape)),
		C.int(t.dtype), &t.value)
	if err := e.api.failure(status); err != nil {
		return nil, fmt.Errorf("%s tensor of shape %v: %w", t.dtype, t.shape, err)
	}
	t.owner = e
	count(func(h *Handles) { h.values++ })
	return t.value, nil
}

// dropValue forgets the OrtValue. The environment that made it is still open:
// values hold it so.
func (t *Tensor) dropValue() {
	if t.value == nil {
		return
	}
	C.ortrain_value_release(t.owner.api.p, t.value)
	t.value, t.owner = nil, nil
	count(func(h *Handles) { h.values-- })
}

// copyOut makes a tensor of a value that the runtime allocated, and releases
// the value.
func (e *Env) copyOut(value unsafe.Pointer) (*Tensor, error) {
	defer C.ortrain_value_release(e.api.p, value)
	var (
		dtype C.int
		dims  [maxRank]int64
		rank  C.size_t
		data  unsafe.Pointer
	)
	status := C.ortrain_value_info(e.api.p, value, &dtype, (*C.int64_t)(&dims[0]), maxRank, &rank, &data)
	if err := e.api.failure(status); err != nil {
		return nil, err
	}
	if rank > maxRank {
		return nil, fmt.Errorf("rank %d; at most %d is possible: %w", rank, maxRank, ErrShape)
	}
	t, err := NewTensor(onnx.DType(dtype), dims[:rank]...)
	if err != nil {
		return nil, err
	}
	if bytes := t.Bytes(); len(bytes) > 0 {
		copy(bytes, unsafe.Slice((*byte)(data), len(bytes)))
	}
	return t, nil
}
