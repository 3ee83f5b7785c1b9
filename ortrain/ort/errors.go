package ort

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that callers branch on.
var (
	// ErrNoLibrary says that no ONNX Runtime library was found; the error in the
	// chain is a *LibraryError that lists the places looked at.
	ErrNoLibrary = errors.New("no ONNX Runtime library")
	// ErrVersion says that a library was found but is too old; the error in the
	// chain is a *LibraryError.
	ErrVersion = errors.New("the ONNX Runtime library is too old")
	// ErrProvider says that an execution provider cannot be used; the error in
	// the chain is a *ProviderError.
	ErrProvider = errors.New("execution provider not available")
	// ErrOpen says that the process has an open environment already, or that it
	// cannot be closed because something made in it still lives.
	ErrOpen = errors.New("ONNX Runtime environment in use")
	// ErrClosed says that an environment, session or tensor was used after Close.
	ErrClosed = errors.New("used after close")
	// ErrShape says that a tensor's shape or element type does not fit.
	ErrShape = errors.New("wrong shape or type")
	// ErrMemory says that the system refused memory for a tensor.
	ErrMemory = errors.New("out of memory")
)

// LibraryError reports a search that found no usable library.
type LibraryError struct {
	// Notes has one line per place looked at, with what was wrong there.
	Notes []string
	// Err is ErrNoLibrary or ErrVersion.
	Err error
}

// Error lists the places looked at and how to get a library.
func (e *LibraryError) Error() string {
	return fmt.Sprintf("ort: %v; version %d.%d or newer is needed; looked at: %s; run \"make deps\", or set %s to the library file",
		e.Err, minMajor, minMinor, strings.Join(e.Notes, "; "), EnvLibrary)
}

// Unwrap returns Err.
func (e *LibraryError) Unwrap() error { return e.Err }

// ProviderError reports an execution provider that cannot be used.
type ProviderError struct {
	// Provider is the name asked for, such as "cuda".
	Provider string
	// Missing is the shared library that could not be loaded, "" if unknown.
	Missing string
	// Fix says what to install or change.
	Fix string
	// Message is the runtime's own.
	Message string
}

// Error says what is missing and what to do.
func (e *ProviderError) Error() string {
	what := e.Message
	if e.Missing != "" {
		what = "shared library " + e.Missing + " cannot be loaded (" + e.Message + ")"
	}
	return fmt.Sprintf("%v: %s: %s; %s", ErrProvider, e.Provider, what, e.Fix)
}

// Unwrap returns ErrProvider.
func (e *ProviderError) Unwrap() error { return ErrProvider }

// RunError reports a run that the runtime refused or gave up.
type RunError struct {
	// Session is Options.Name of the session.
	Session string
	// Message is the runtime's own.
	Message string
}

// Error names the session and gives the runtime's message.
func (e *RunError) Error() string {
	return fmt.Sprintf("ort: run of %s failed: %s", e.Session, e.Message)
}
