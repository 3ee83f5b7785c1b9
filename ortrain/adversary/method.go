package adversary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"

	"github.com/ortrain/ortrain/ortrain/variant"
)

// Method is one way of training on disturbed passes. Beside these it may have
// further methods, which the package looks for: check (further faults of its
// options), places and versions (what adv_where and adv_compat may be), replays
// (updates of the weights per step) and unlabelled (rows without labels teach
// too).
type Method interface {
	// Name is the method's name on the command line, such as "fgm".
	Name() string
	// Doc says in one line what the method does, Source where it comes from.
	Doc() string
	Source() string
	// Options names the options that the method reads beside those that all
	// methods have; Defaults are their values.
	Options() string
	Defaults() Config
	// Passes estimates the cost of a micro-batch in plain passes.
	Passes(c Config) float64
	// Needs lists the graphs that the method runs.
	Needs(c Config) []variant.Spec
	// Accumulate does one micro-batch and returns its mean loss, that is what it
	// differentiated. Errors stay in the Run.
	Accumulate(r *Run) float64
}

var methods = map[string]Method{}

// register adds a method; it runs while the package loads, and the table is
// never written afterwards.
func register(m Method) struct{} {
	if _, twice := methods[m.Name()]; twice {
		panic("adversary: two methods named " + m.Name())
	}
	methods[m.Name()] = m
	return struct{}{}
}

// Names lists the methods, sorted.
func Names() []string { return slices.Sorted(maps.Keys(methods)) }

// Lookup returns the method of a name. An unknown one is an ErrConfig that
// tells the nearest.
func Lookup(name string) (Method, error) {
	if m, ok := methods[name]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("adversary: there is no method %q; did you mean %s? All are: %s: %w", name, nearest(name), strings.Join(Names(), ", "), ErrConfig)
}

// nearest returns the name that takes the fewest changes.
func nearest(name string) string {
	name = strings.ToLower(name)
	return slices.MinFunc(Names(), func(a, b string) int {
		return edlib.OSADamerauLevenshteinDistance(name, a) - edlib.OSADamerauLevenshteinDistance(name, b)
	})
}
