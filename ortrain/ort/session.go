package ort

// #include <stdlib.h>
// #include "lib.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	yalue "github.com/yalue/onnxruntime_go"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Info describes an input or output of a session.
type Info struct {
	Name string
	// DType is onnx.Undefined if the port is not a tensor.
	DType onnx.DType
	// Shape has -1 for a dimension that only a run tells. It is nil if the model
	// does not even tell the rank; rank 0 is an empty shape.
	Shape []int64
}

// Session is a loaded model. It may run from many goroutines at once.
type Session struct {
	name            string
	env             *Env
	inputs, outputs []Info
	inNames         []*C.char
	outNames        []*C.char

	use     sync.RWMutex // held for reading by runs, for writing by Close
	binding *yalue.DynamicAdvancedSession
	session unsafe.Pointer
}

// NewSession loads a serialised model. The bytes are not needed afterwards.
//
// Errors: ErrProvider as *ProviderError, ErrClosed; what the runtime says about
// a model it cannot load.
func (e *Env) NewSession(model []byte, opts Options) (*Session, error) {
	return e.newSession(opts, func(so *yalue.SessionOptions) (*yalue.DynamicAdvancedSession, error) {
		return yalue.NewDynamicAdvancedSessionWithONNXData(model, nil, nil, so)
	})
}

// NewSessionFromFile loads the model at path, with external data beside it.
//
// Errors: those of NewSession.
func (e *Env) NewSessionFromFile(path string, opts Options) (*Session, error) {
	return e.newSession(opts, func(so *yalue.SessionOptions) (*yalue.DynamicAdvancedSession, error) {
		return yalue.NewDynamicAdvancedSession(path, nil, nil, so)
	})
}

func (e *Env) newSession(opts Options, load func(*yalue.SessionOptions) (*yalue.DynamicAdvancedSession, error)) (*Session, error) {
	if err := e.begin(); err != nil {
		return nil, err
	}
	s, err := e.loadSession(opts, load)
	if err != nil {
		count(func(h *Handles) { h.Sessions-- })
		return nil, err
	}
	return s, nil
}

// begin counts a session before it is made, so that Close cannot come between.
func (e *Env) begin() error {
	live.Lock()
	defer live.Unlock()
	if e == nil || live.env != e {
		return fmt.Errorf("ort: environment %w", ErrClosed)
	}
	live.handles.Sessions++
	return nil
}

func (e *Env) loadSession(opts Options, load func(*yalue.SessionOptions) (*yalue.DynamicAdvancedSession, error)) (*Session, error) {
	so, err := opts.build(e)
	if err != nil {
		return nil, fmt.Errorf("ort: options of %s: %w", opts.name(), err)
	}
	defer func() { _ = so.Destroy() }()
	binding, err := load(so)
	if err != nil {
		return nil, fmt.Errorf("ort: loading %s: %w", opts.name(), err)
	}
	// The binding's session holds, in this order, a pointer to its inner session,
	// and that the OrtSession.
	s := &Session{name: opts.name(), env: e, binding: binding, session: *(*unsafe.Pointer)(raw(binding))}
	if s.inputs, err = s.ports(false); err == nil {
		s.outputs, err = s.ports(true)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ort: ports of %s: %w", s.name, err), binding.Destroy())
	}
	s.inNames, s.outNames = cNames(s.inputs), cNames(s.outputs)
	return s, nil
}

func cNames(ports []Info) []*C.char {
	names := make([]*C.char, len(ports))
	for i, p := range ports {
		names[i] = C.CString(p.Name)
	}
	return names
}

// ports reads the inputs or outputs of the session.
func (s *Session) ports(outputs bool) ([]Info, error) {
	side := C.int(0)
	if outputs {
		side = 1
	}
	api := s.env.api
	var n C.size_t
	if err := api.failure(C.ortrain_session_count(api.p, s.session, side, &n)); err != nil {
		return nil, err
	}
	list := make([]Info, n)
	for i := range list {
		var (
			name  *C.char
			dtype C.int
			dims  [maxRank]int64
			rank  C.int64_t
		)
		status := C.ortrain_session_port(api.p, s.session, side, C.size_t(i), &name, &dtype, (*C.int64_t)(&dims[0]), maxRank, &rank)
		if err := api.failure(status); err != nil {
			return nil, err
		}
		list[i].DType = onnx.DType(dtype)
		if rank >= 0 {
			list[i].Shape = append([]int64{}, dims[:min(rank, maxRank)]...)
		}
		var err error
		if list[i].Name, err = api.take(name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Name returns Options.Name.
func (s *Session) Name() string { return s.name }

// Inputs describes what Run takes, in order.
func (s *Session) Inputs() []Info { return slices.Clone(s.inputs) }

// Outputs describes what Run gives, in order.
func (s *Session) Outputs() []Info { return slices.Clone(s.outputs) }

// Run computes the outputs from the inputs, both in the order of the ports. A
// nil output is replaced by a new tensor, which the caller closes; the runtime
// allocates it and it is copied once, which is meant for shapes that only the
// run tells. All others are written in place and must have the shape that comes
// out.
//
// When ctx ends, the runtime is told to stop after the operator at hand, Run
// waits for it and returns an error that wraps the cause of the end. The
// contents of outputs are undefined after an error.
//
// Errors: *RunError; ErrShape if the number of tensors is wrong; ErrClosed.
func (s *Session) Run(ctx context.Context, inputs, outputs []*Tensor) error {
	s.use.RLock()
	defer s.use.RUnlock()
	if s.binding == nil {
		return fmt.Errorf("ort: %s %w", s.name, ErrClosed)
	}
	if ctx.Err() != nil {
		return s.cancelled(ctx)
	}
	if len(inputs) != len(s.inputs) || len(outputs) != len(s.outputs) {
		return fmt.Errorf("ort: run of %s with %d inputs and %d outputs; it has %d and %d: %w",
			s.name, len(inputs), len(outputs), len(s.inputs), len(s.outputs), ErrShape)
	}
	values := make([]unsafe.Pointer, len(inputs)+len(outputs)+1) // one more, so that both halves have an address
	in, out := values[:len(inputs)], values[len(inputs):]
	if err := s.bindAll(inputs, outputs, in, out); err != nil {
		return err
	}
	if err := s.run(ctx, in, out); err != nil {
		return err
	}
	return s.collect(outputs, out)
}

// bindAll fills the lists of values that the runtime reads and writes.
func (s *Session) bindAll(inputs, outputs []*Tensor, in, out []unsafe.Pointer) error {
	var err error
	for i, t := range inputs {
		if t == nil {
			return fmt.Errorf("ort: run of %s: input %s is nil: %w", s.name, s.inputs[i].Name, ErrShape)
		}
		if in[i], err = t.bind(s.env); err != nil {
			return fmt.Errorf("ort: run of %s: input %s: %w", s.name, s.inputs[i].Name, err)
		}
	}
	for i, t := range outputs {
		if t == nil {
			continue
		}
		if out[i], err = t.bind(s.env); err != nil {
			return fmt.Errorf("ort: run of %s: output %s: %w", s.name, s.outputs[i].Name, err)
		}
	}
	return nil
}

// run makes the call and stops it when ctx ends.
func (s *Session) run(ctx context.Context, in, out []unsafe.Pointer) error {
	options, err := yalue.NewRunOptions()
	if err != nil {
		return fmt.Errorf("ort: run options: %w", err)
	}
	defer func() { _ = options.Destroy() }()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = options.Terminate()
		close(stopped)
	})
	values := unsafe.SliceData(in)
	status := C.ortrain_session_run(s.env.api.p, s.session, raw(options), unsafe.SliceData(s.inNames), values, C.size_t(len(in)),
		unsafe.SliceData(s.outNames), C.size_t(len(s.outputs)), unsafe.SliceData(out))
	if !stop() {
		<-stopped // the options must live until the watcher is done with them
	}
	failed := s.env.api.failure(status)
	if failed == nil {
		return nil
	}
	if ctx.Err() != nil {
		return s.cancelled(ctx)
	}
	return &RunError{Session: s.name, Message: failed.Error()}
}

func (s *Session) cancelled(ctx context.Context) error {
	return fmt.Errorf("ort: run of %s cancelled: %w", s.name, context.Cause(ctx))
}

// collect turns the values that the runtime allocated into tensors; on an error
// none of them is left.
func (s *Session) collect(outputs []*Tensor, out []unsafe.Pointer) error {
	var made []int
	var fault error
	for i, t := range outputs {
		if t != nil {
			continue
		}
		tensor, err := s.env.copyOut(out[i])
		if err != nil {
			fault = errors.Join(fault, fmt.Errorf("ort: run of %s: output %s: %w", s.name, s.outputs[i].Name, err))
			continue
		}
		outputs[i] = tensor
		made = append(made, i)
	}
	if fault != nil {
		for _, i := range made {
			_ = outputs[i].Close()
			outputs[i] = nil
		}
	}
	return fault
}

// Close waits for runs and unloads the model. Closing twice is no error.
func (s *Session) Close() error {
	if s == nil {
		return nil
	}
	s.use.Lock()
	defer s.use.Unlock()
	if s.binding == nil {
		return nil
	}
	err := s.binding.Destroy()
	s.binding, s.session = nil, nil
	for _, names := range [][]*C.char{s.inNames, s.outNames} {
		for _, name := range names {
			C.free(unsafe.Pointer(name))
		}
	}
	count(func(h *Handles) { h.Sessions-- })
	if err != nil {
		return fmt.Errorf("ort: closing %s: %w", s.name, err)
	}
	return nil
}
