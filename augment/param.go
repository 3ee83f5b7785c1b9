package augment

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/hbollon/go-edlib"
)

// Param is a parameter of an operator.
type Param struct {
	Name string
	Doc  string
	// Default has the type of the parameter: float64, int, bool or string.
	Default any
	// Min and Max bound numbers; both 0: no bounds.
	Min, Max float64
	// Choices are the values that a string may have; empty: any.
	Choices []string
}

// Rate returns the parameter that most operators have: the share of words to
// change.
func Rate(value float64) Param {
	return Param{Name: "rate", Doc: "share of the words to change: max(1, rate·words), 0 for none", Default: value, Max: 1}
}

// Settings are what an operator is made with: the values of its parameters, the
// language, and the resource packs.
type Settings struct {
	Language string
	values   map[string]any
	packs    Packs
}

// Packs gives the files of resource packs.
type Packs interface {
	// Pack returns the folder of an installed pack. The error of a missing one
	// wraps ErrPack and names the command that installs it.
	Pack(name string) (fs.FS, error)
	// File opens a file that a policy names.
	File(name string) (fs.File, error)
}

// NewSettings checks values against the parameters of an operator and fills in
// defaults.
func NewSettings(s Spec, language string, values map[string]any, packs Packs) (Settings, error) {
	out := Settings{Language: language, values: make(map[string]any), packs: packs}
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name)
		out.values[p.Name] = p.Default
		given, ok := values[p.Name]
		if !ok {
			continue
		}
		value, err := p.parse(given)
		if err != nil {
			return out, fmt.Errorf("augment: operator %s: %w", s.Name, err)
		}
		out.values[p.Name] = value
	}
	for name := range values {
		if !slices.Contains(names, name) {
			return out, fmt.Errorf("augment: operator %s has no parameter %s; it has %s: %w", s.Name, name, strings.Join(names, ", "), ErrPolicy)
		}
	}
	return out, nil
}

// parse checks a value as YAML gives it.
func (p Param) parse(v any) (any, error) {
	switch p.Default.(type) {
	case float64:
		var x float64
		switch n := v.(type) {
		case float64:
			x = n
		case int:
			x = float64(n)
		default:
			return nil, fmt.Errorf("%s is %v; a number is expected: %w", p.Name, v, ErrPolicy)
		}
		if math.IsNaN(x) || p.Min != p.Max && (x < p.Min || x > p.Max) {
			return nil, fmt.Errorf("%s is %v; it lies between %v and %v: %w", p.Name, v, p.Min, p.Max, ErrPolicy)
		}
		return x, nil
	case int:
		n, ok := v.(int)
		if !ok || p.Min != p.Max && (float64(n) < p.Min || float64(n) > p.Max) {
			return nil, fmt.Errorf("%s is %v; an integer between %v and %v is expected: %w", p.Name, v, p.Min, p.Max, ErrPolicy)
		}
		return n, nil
	case bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%s is %v; true or false is expected: %w", p.Name, v, ErrPolicy)
	}
	s, ok := v.(string)
	if !ok || len(p.Choices) > 0 && !slices.Contains(p.Choices, s) {
		return nil, fmt.Errorf("%s is %v; one of %s is expected: %w", p.Name, v, strings.Join(p.Choices, ", "), ErrPolicy)
	}
	return s, nil
}

// Float returns a number.
func (s Settings) Float(name string) float64 { return s.values[name].(float64) }

// Int returns an integer.
func (s Settings) Int(name string) int { return s.values[name].(int) }

// Bool returns a truth value.
func (s Settings) Bool(name string) bool { return s.values[name].(bool) }

// Text returns a string.
func (s Settings) Text(name string) string { return s.values[name].(string) }

// Pack returns the folder of a resource pack.
func (s Settings) Pack(name string) (fs.FS, error) {
	if s.packs == nil {
		return nil, fmt.Errorf("augment: no folder of resource packs is given, and pack %s is needed: %w", name, ErrPack)
	}
	return s.packs.Pack(name)
}

// File opens a file that the policy names.
func (s Settings) File(name string) (fs.File, error) {
	if s.packs == nil {
		return nil, fmt.Errorf("augment: files cannot be read here, and %s is wanted: %w", name, ErrResource)
	}
	return s.packs.File(name)
}

// nearest returns the name most like the wanted one.
func nearest(name string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b string) int {
		return edlib.OSADamerauLevenshteinDistance(name, a) - edlib.OSADamerauLevenshteinDistance(name, b)
	})
}
