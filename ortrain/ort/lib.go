package ort

/*
#cgo CFLAGS: -O2
#cgo !windows LDFLAGS: -ldl
#include <stdlib.h>
#include "lib.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	yalue "github.com/yalue/onnxruntime_go"
)

// maxPath bounds the file names and messages that come back from the loader.
const maxPath = 4096

// probe loads the library at path, reads its version and unloads it.
func probe(path string) (Library, error) {
	lib, err := load(path)
	if err != nil {
		return Library{}, err
	}
	defer C.ortrain_lib_close(lib)
	var file [maxPath]C.char
	version := C.ortrain_lib_version(lib, &file[0], maxPath)
	if version == nil {
		return Library{}, fmt.Errorf("%s has no OrtGetApiBase: not an ONNX Runtime library", path)
	}
	found := Library{Path: C.GoString(&file[0]), Version: C.GoString(version)}
	if !strings.ContainsAny(found.Path, `/\`) {
		found.Path = path
	}
	return found, nil
}

func load(path string) (unsafe.Pointer, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var message [maxPath]C.char
	lib := C.ortrain_lib_open(name, &message[0], maxPath)
	if lib == nil {
		return nil, errors.New(C.GoString(&message[0]))
	}
	return lib, nil
}

// table is the runtime's function table. It is valid while the library is
// loaded, that is while the Env that it was taken for is open.
type table struct{ p *unsafe.Pointer }

// loadTable takes the function table of a library that the binding has loaded.
func loadTable(path string) (table, error) {
	lib, err := load(path)
	if err != nil {
		return table{}, fmt.Errorf("ort: loading %s again: %w", path, err)
	}
	// The binding holds the library, so the table outlives this second handle.
	defer C.ortrain_lib_close(lib)
	api := C.ortrain_lib_api(lib, apiVersion)
	if api == nil {
		return table{}, fmt.Errorf("ort: %s has no C API %d: %w", path, apiVersion, ErrVersion)
	}
	return table{(*unsafe.Pointer)(api)}, nil
}

// failure turns a status into an error and releases it.
func (t table) failure(status C.ortrain_status) error {
	if status == nil {
		return nil
	}
	defer C.ortrain_release_status(t.p, status)
	return errors.New(strings.TrimSpace(C.GoString(C.ortrain_message(t.p, status))))
}

// providers lists the execution providers compiled into the library.
func (t table) providers() ([]string, error) {
	var names **C.char
	var count C.int
	if err := t.failure(C.ortrain_providers(t.p, &names, &count)); err != nil {
		return nil, err
	}
	var list []string
	for _, name := range unsafe.Slice(names, int(count)) {
		list = append(list, C.GoString(name))
	}
	return list, t.failure(C.ortrain_providers_free(t.p, names, count))
}

// take copies a string that the runtime allocated, and frees it.
func (t table) take(s *C.char) (string, error) {
	text := C.GoString(s)
	return text, t.failure(C.ortrain_string_free(t.p, s))
}

// raw returns the C pointer that the binding keeps in the first field of one of
// its structs. layoutError guards the assumption.
func raw[T any](binding *T) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(binding))
}

// layoutError reports a binding whose structs are not what raw expects.
func layoutError() error {
	for _, want := range []struct {
		in    reflect.Type
		field string
	}{
		{reflect.TypeFor[yalue.SessionOptions](), "o"},
		{reflect.TypeFor[yalue.RunOptions](), "o"},
		{reflect.TypeFor[yalue.DynamicAdvancedSession](), "s"},
		{reflect.TypeFor[yalue.AdvancedSession](), "ortSession"},
	} {
		f := want.in.Field(0)
		if f.Name != want.field || f.Offset != 0 || f.Type.Kind() != reflect.Pointer {
			return fmt.Errorf("ort: %s of the ONNX Runtime binding begins with %s %s; this program was written for %s; use the pinned version of the binding",
				want.in, f.Name, f.Type, want.field)
		}
	}
	return nil
}
