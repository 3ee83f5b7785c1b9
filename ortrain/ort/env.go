package ort

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	yalue "github.com/yalue/onnxruntime_go"
)

// EnvOptions says how to open the environment.
type EnvOptions struct {
	// Library is the library file; empty lets Find look for one.
	Library string
	// ArenaSameAsRequested gives all CPU sessions with Options.Arena one common
	// arena that grows by what is asked for, not by powers of two. With changing
	// shapes it holds less memory only if the largest run comes first (see
	// Options.Arena), else more: 278 MB instead of 87.
	ArenaSameAsRequested bool
	// Verbose makes the runtime print warnings and errors to standard error.
	// Otherwise it is silent: errors are returned.
	Verbose bool
}

// Env is the runtime's environment. There is one per process: the runtime
// shares it between all sessions by its nature.
type Env struct {
	lib     Library
	api     table
	memory  unsafe.Pointer // *OrtMemoryInfo of CPU memory
	sharing bool           // sessions with an arena use the common one
}

// live is the open environment. That there is at most one is the runtime's law,
// not a convenience.
var live struct {
	sync.Mutex
	env     *Env
	handles Handles
}

// Handles counts what is open.
type Handles struct {
	// Tensors and Sessions were made and not closed.
	Tensors, Sessions int
	// Bytes is the memory of tensors.
	Bytes int64
	// values are tensors known to the runtime; they hold the environment open.
	values int
}

// Live returns what is open now; tests for leaks compare it with zero.
func Live() Handles {
	live.Lock()
	defer live.Unlock()
	return live.handles
}

func count(change func(h *Handles)) {
	live.Lock()
	defer live.Unlock()
	change(&live.handles)
}

// Open finds and loads the library and opens the environment.
//
// Errors: ErrNoLibrary and ErrVersion from Find; ErrOpen if one is open.
func Open(opts EnvOptions) (*Env, error) {
	lib, err := Find(opts.Library)
	if err != nil {
		return nil, err
	}
	live.Lock()
	defer live.Unlock()
	if live.env != nil || yalue.IsInitialized() {
		return nil, fmt.Errorf("ort: opening a second environment; a process has one, use it or close it first: %w", ErrOpen)
	}
	if err := layoutError(); err != nil {
		return nil, err
	}
	yalue.SetSharedLibraryPath(lib.Path)
	level := yalue.WithLogLevelFatal()
	if opts.Verbose {
		level = yalue.WithLogLevelWarning()
	}
	if err := yalue.InitializeEnvironment(level); err != nil {
		return nil, fmt.Errorf("ort: opening the environment of %s: %w", lib.Path, err)
	}
	e := &Env{lib: lib, sharing: opts.ArenaSameAsRequested}
	if err := e.prepare(); err != nil {
		return nil, errors.Join(err, yalue.DestroyEnvironment())
	}
	live.env = e
	return e, nil
}

// prepare takes from the fresh environment what sessions and tensors need.
func (e *Env) prepare() error {
	var err error
	if e.api, err = loadTable(e.lib.Path); err != nil {
		return err
	}
	info, err := yalue.GetMemoryInfo()
	if err != nil {
		return fmt.Errorf("ort: memory info: %w", err)
	}
	e.memory = unsafe.Pointer(info)
	if !e.sharing {
		return nil
	}
	arena, err := yalue.NewArenaCfgV2(map[string]int{"arena_extend_strategy": extendSameAsRequested})
	if err != nil {
		return fmt.Errorf("ort: arena configuration: %w", err)
	}
	defer arena.Destroy()
	if err := yalue.CreateAndRegisterAllocator(info, arena); err != nil {
		return fmt.Errorf("ort: common arena: %w", err)
	}
	return nil
}

// extendSameAsRequested is kSameAsRequested of the runtime's ArenaExtendStrategy.
const extendSameAsRequested = 1

// Library returns the library that the environment runs on.
func (e *Env) Library() Library { return e.lib }

// Providers lists the execution providers compiled into the library under the
// runtime's names, such as "CPUExecutionProvider". One listed may still fail to
// load.
func (e *Env) Providers() ([]string, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	names, err := e.api.providers()
	if err != nil {
		return nil, fmt.Errorf("ort: listing execution providers: %w", err)
	}
	return names, nil
}

// check reports an environment that is closed.
func (e *Env) check() error {
	live.Lock()
	defer live.Unlock()
	if e == nil || live.env != e {
		return fmt.Errorf("ort: environment %w", ErrClosed)
	}
	return nil
}

// Close closes the environment and unloads the library. It refuses with ErrOpen
// while sessions, or tensors that a session has seen, are open. Closing twice is
// no error.
func (e *Env) Close() error {
	live.Lock()
	defer live.Unlock()
	if e == nil || live.env != e {
		return nil
	}
	if h := live.handles; h.Sessions > 0 || h.values > 0 {
		return fmt.Errorf("ort: closing the environment; %d sessions and %d tensors are still open: %w", h.Sessions, h.values, ErrOpen)
	}
	live.env = nil
	if err := yalue.DestroyEnvironment(); err != nil {
		return fmt.Errorf("ort: closing the environment: %w", err)
	}
	return nil
}
