package ops

// Compiled as ISO C11, in which GCC does not contract floating-point
// expressions; the sources tell clang the same.

/*
#cgo CFLAGS: -std=c11 -O3 -Wno-psabi
#include <stdlib.h>
#include "kernels.h"

char *ops_register(void *table, void *options);
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// ErrRegister is wrapped when the runtime refuses the operators.
var ErrRegister = errors.New("the runtime refused the native operators")

var registering sync.Mutex

// Register adds the operators to session options: api is the runtime's OrtApi
// table of C API 25, options the OrtSessionOptions.
func Register(api, options unsafe.Pointer) error {
	registering.Lock()
	defer registering.Unlock()
	text := C.ops_register(api, options)
	if text == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(text))
	return fmt.Errorf("native/ops: %s: %w", C.GoString(text), ErrRegister)
}

// call is what a test passes to a kernel.
type call struct {
	in               []unsafe.Pointer
	out              [][]float32
	rows, width, per int
	scale            float32
}

// forms is the number of forms; some may not run on this machine.
const forms = 3

// serial runs kernel k in a form on the calling thread, for tests. It reports
// whether this machine can.
func serial(form, k int, c call) bool {
	t := C.ops_form(C.int(form))
	if t == nil {
		return false
	}
	pin := func(p []float32) unsafe.Pointer {
		mem := C.malloc(C.size_t(4*len(p) + 1))
		copy(unsafe.Slice((*float32)(mem), len(p)), p)
		return mem
	}
	a := (*C.struct_ops_args)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_ops_args{}))))
	defer C.free(unsafe.Pointer(a))
	for i, p := range c.in {
		a.in[i] = p
	}
	for i, p := range c.out {
		a.out[i] = pin(p)
	}
	a.rows, a.width, a.per, a.scale = C.int64_t(c.rows), C.int64_t(c.width), C.int64_t(c.per), C.float(c.scale)
	a.partial = (*C.float)(C.malloc(C.size_t(8 * (c.rows + 1) * c.width)))
	C.ops_serial(t, C.int(k), a)
	for i, p := range c.out {
		copy(p, unsafe.Slice((*float32)(a.out[i]), len(p)))
		C.free(a.out[i])
	}
	C.free(unsafe.Pointer(a.partial))
	return true
}

// cFloats and cBytes copy to C memory that the caller frees.
func cFloats(x []float32) (unsafe.Pointer, func()) {
	p := C.malloc(C.size_t(4*len(x) + 1))
	copy(unsafe.Slice((*float32)(p), len(x)), x)
	return p, func() { C.free(p) }
}

func cBytes(x []uint8) (unsafe.Pointer, func()) {
	p := C.CBytes(append(x, 0))
	return p, func() { C.free(p) }
}
