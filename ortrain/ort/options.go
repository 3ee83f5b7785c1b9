package ort

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"

	yalue "github.com/yalue/onnxruntime_go"
)

// Optimization is how far the runtime rewrites a graph before it runs it.
type Optimization int

// The levels; the zero value is the runtime's own default.
const (
	OptimizeAll Optimization = iota
	OptimizeNone
	OptimizeBasic
	OptimizeExtended
)

var optimizationLevels = map[Optimization]yalue.GraphOptimizationLevel{
	OptimizeAll:      yalue.GraphOptimizationLevelEnableAll,
	OptimizeNone:     yalue.GraphOptimizationLevelDisableAll,
	OptimizeBasic:    yalue.GraphOptimizationLevelEnableBasic,
	OptimizeExtended: yalue.GraphOptimizationLevelEnableExtended,
}

// Options says how a session is made. The zero value works: one CPU session on
// all cores whose threads sleep between operators, without an arena.
type Options struct {
	// Name says in errors which session is meant.
	Name string
	// IntraOpThreads is the number of threads of one operator, the calling one
	// included; 0 lets the runtime take one per core.
	IntraOpThreads int
	// Spinning lets idle threads poll for work for a while. It is faster for a
	// single session and slows every other one down.
	Spinning bool
	// Arena keeps the memory of intermediate values between runs. When shapes
	// change from run to run, the first run should be the largest: then the arena
	// never grows again. (450 runs of 1,000 to 8,191 rows through 71 operators:
	// 87 MB from the first run to the last, with either way of growing; without
	// an arena 143 MB after 50 runs and 218 MB at the end, and 15 % slower.)
	Arena bool
	// MemPattern plans one block for each set of input shapes; it costs memory
	// when shapes change.
	MemPattern bool
	// Optimization is the level of graph optimizations; DisabledOptimizers are
	// left out by name, such as "EliminateDropout".
	Optimization       Optimization
	DisabledOptimizers []string
	// DenormalAsZero flushes denormal numbers in the session's threads. The
	// calling thread follows the first session that sets it.
	DenormalAsZero bool
	// Provider is where operators run.
	Provider Provider
	// RecordPlacement makes Session.Placement work.
	RecordPlacement bool
	// ProfilePrefix, if not empty, starts profiling; EndProfiling tells the file.
	ProfilePrefix string
	// OptimizedModelPath, if not empty, has the runtime write the graph that it
	// really runs.
	OptimizedModelPath string
	// Config holds session configuration entries of the runtime; it overrides
	// what the fields above set.
	Config map[string]string
	// Register, if not nil, adds operators to the session being made. It gets the
	// OrtApi table of C API 25 and the OrtSessionOptions. What it registers must
	// outlive the session.
	Register func(api, options unsafe.Pointer) error
}

func (o *Options) name() string {
	if o.Name == "" {
		return "session"
	}
	return o.Name
}

// config returns the configuration entries that o stands for.
func (o *Options) config(sharing bool) map[string]string {
	flag := func(on bool) string {
		if on {
			return "1"
		}
		return "0"
	}
	entries := map[string]string{
		"session.intra_op.allow_spinning": flag(o.Spinning),
		"session.set_denormal_as_zero":    flag(o.DenormalAsZero),
		"session.use_env_allocators":      flag(o.Arena && sharing),
	}
	if len(o.DisabledOptimizers) > 0 {
		entries["optimization.disable_specified_optimizers"] = strings.Join(o.DisabledOptimizers, ";")
	}
	if o.RecordPlacement {
		entries["session.record_ep_graph_assignment_info"] = "1"
	}
	maps.Copy(entries, o.Config)
	return entries
}

// build makes the runtime's session options. The caller destroys them.
func (o *Options) build(e *Env) (*yalue.SessionOptions, error) {
	level, ok := optimizationLevels[o.Optimization]
	if !ok {
		return nil, fmt.Errorf("optimization level %d; OptimizeAll to OptimizeExtended are known", o.Optimization)
	}
	so, err := yalue.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := o.apply(e, so, level); err != nil {
		_ = so.Destroy()
		return nil, err
	}
	return so, nil
}

func (o *Options) apply(e *Env, so *yalue.SessionOptions, level yalue.GraphOptimizationLevel) error {
	set := []func() error{
		func() error { return so.SetIntraOpNumThreads(o.IntraOpThreads) },
		func() error { return so.SetCpuMemArena(o.Arena) },
		func() error { return so.SetMemPattern(o.MemPattern) },
		func() error { return so.SetGraphOptimizationLevel(level) },
		func() error { return o.Provider.apply(so) },
	}
	entries := o.config(e.sharing)
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		set = append(set, func() error { return so.AddSessionConfigEntry(key, entries[key]) })
	}
	if o.ProfilePrefix != "" {
		set = append(set, func() error { return so.EnableProfiling(o.ProfilePrefix) })
	}
	if o.OptimizedModelPath != "" {
		set = append(set, func() error { return so.SetOptimizedModelFilePath(o.OptimizedModelPath) })
	}
	if o.Register != nil {
		set = append(set, func() error { return o.Register(unsafe.Pointer(e.api.p), raw(so)) })
	}
	for _, f := range set {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
