// Package ort runs ONNX models on a stock ONNX Runtime library that is found
// and loaded at run time.
//
// Nouns: a Library is a shared library file that is new enough; Find looks for
// one. Env is the runtime's process-wide environment, of which only one can be
// open. A Tensor is memory outside the Go heap that a model reads or writes
// without copies. A Session is a loaded model.
//
// Path: Open(EnvOptions) → Env.NewSession(model, Options) → Session.Run(ctx,
// inputs, outputs) → Close of tensors and sessions → Env.Close. Tensors need no
// environment until they meet a session, so the memory of weights and gradients
// may be made and used without a runtime.
//
// Errors wrap ErrNoLibrary, ErrVersion, ErrProvider, ErrOpen, ErrClosed,
// ErrShape or ErrMemory; a failed run is a *RunError that names the session.
// Everything that has a Close must be closed, Live counts what is not.
//
// Concurrency: an Env and a Session may be used from many goroutines. A Tensor
// may be read by many runs at once; who writes to it (a run whose output it is,
// a caller filling its slice, Reshape, Close) must be alone.
//
// The package sits on github.com/yalue/onnxruntime_go, which loads the library
// and owns environment, session and provider options. Values, port lists and
// the run call go to the runtime's function table directly, because the binding
// has no rank-0 value over given memory, no list of a session's ports, and
// copies outputs of unknown shape to the Go heap (and loses half of a float16
// one). Together with package native it is the only place of cgo and unsafe.
//
// It does not know what a model computes, and it does not train.
package ort
