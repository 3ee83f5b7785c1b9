package clean

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
	"gopkg.in/yaml.v3"
)

// Recipe is what to do, in order. In YAML:
//
//	steps:
//	  - unicode: {form: NFC}
//	  - html
//	  - duplicates
type Recipe struct {
	Steps []Use `yaml:"steps" json:"steps"`
}

// Use is one step of a recipe. Parameters that it does not name have their
// defaults.
type Use struct {
	Step   string
	Params map[string]any
}

// ParseRecipe reads a recipe in YAML and checks it.
func ParseRecipe(data []byte) (Recipe, error) {
	var r Recipe
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&r); err != nil && !errors.Is(err, io.EOF) {
		return Recipe{}, fmt.Errorf("clean: the recipe is no YAML of the form \"steps: [step, step: {parameter: value}]\": %w: %w", ErrRecipe, err)
	}
	return r, r.Validate()
}

// Validate returns all faults of the recipe at once. It opens no file that the
// recipe names.
func (r Recipe) Validate() error {
	if len(r.Steps) == 0 {
		return fmt.Errorf("clean: the recipe has no steps; at least one is expected: %w", ErrRecipe)
	}
	var faults []error
	for i, use := range r.Steps {
		if _, _, err := use.resolve(); err != nil {
			faults = append(faults, fmt.Errorf("clean: step %d: %w", i+1, err))
		}
	}
	return errors.Join(faults...)
}

// Files lists the files that the recipe names.
func (r Recipe) Files() []string {
	var out []string
	for _, use := range r.Steps {
		step, args, err := use.resolve()
		if err != nil {
			continue
		}
		for _, p := range step.Params {
			switch value := args[p.Name].(type) {
			case string:
				if p.File && value != "" {
					out = append(out, value)
				}
			case []string:
				if p.File {
					out = append(out, value...)
				}
			}
		}
	}
	return out
}

// UnmarshalYAML reads a name, or a name with parameters.
func (u *Use) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&u.Step)
	}
	var m map[string]map[string]any
	if err := n.Decode(&m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("line %d: %d names in one step; \"- step\" or \"- step: {parameter: value}\" is expected", n.Line, len(m))
	}
	for name, params := range m {
		u.Step, u.Params = name, params
	}
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (u Use) MarshalYAML() (any, error) { return u.plain(), nil }

func (u Use) plain() any {
	if len(u.Params) == 0 {
		return u.Step
	}
	return map[string]any{u.Step: u.Params}
}

// resolve finds the step and completes its parameters.
func (u Use) resolve() (Step, Args, error) {
	e, ok := standard[u.Step]
	if !ok {
		return Step{}, nil, fmt.Errorf("there is no step %q; %s: %w", u.Step, nearest(u.Step, slices.Sorted(maps.Keys(standard))), ErrRecipe)
	}
	args, known := Args{}, []string{}
	for _, p := range e.step.Params {
		known = append(known, p.Name)
		args[p.Name] = p.Default
		given, ok := u.Params[p.Name]
		if !ok {
			continue
		}
		value, err := p.value(given)
		if err != nil {
			return Step{}, nil, fmt.Errorf("%s: %s %w: %w", u.Step, p.Name, err, ErrRecipe)
		}
		args[p.Name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(u.Params)) {
		if !slices.Contains(known, name) {
			return Step{}, nil, fmt.Errorf("%s has no parameter %q; %s: %w", u.Step, name, nearest(name, known), ErrRecipe)
		}
	}
	return e.step, args, nil
}

// value converts what YAML gave to the type of the default.
func (p Param) value(given any) (any, error) {
	switch p.Default.(type) {
	case bool:
		if b, ok := given.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("is %v; true or false is expected", given)
	case int:
		n, ok := given.(int)
		if low, bounded := p.Min.(int); ok && (!bounded || n >= low) {
			return n, nil
		}
		return nil, fmt.Errorf("is %v; a whole number%s is expected", given, p.least())
	case float64:
		x, ok := given.(float64)
		if n, whole := given.(int); whole {
			x, ok = float64(n), true
		}
		if low, bounded := p.Min.(float64); ok && (!bounded || x >= low) {
			return x, nil
		}
		return nil, fmt.Errorf("is %v; a number%s is expected", given, p.least())
	case string:
		return p.text(given)
	}
	return p.list(given)
}

func (p Param) least() string {
	if p.Min == nil {
		return ""
	}
	return fmt.Sprintf(" of at least %v", p.Min)
}

func (p Param) text(given any) (string, error) {
	s, ok := given.(string)
	if !ok || !utf8.ValidString(s) {
		return "", fmt.Errorf("is %v; a text is expected", given)
	}
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, s) {
		return "", fmt.Errorf("is %q; one of %s is expected", s, strings.Join(p.Choices, ", "))
	}
	return s, nil
}

func (p Param) list(given any) ([]string, error) {
	if s, ok := given.([]string); ok {
		return s, nil
	}
	values, ok := given.([]any)
	if !ok {
		values = []any{given}
	}
	out := make([]string, len(values))
	for i, v := range values {
		var err error
		if out[i], err = p.text(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nearest proposes the known name that shares most with a wrong one, or lists
// all.
func nearest(wrong string, known []string) string {
	best, least := "", 1+len(wrong)/2
	for _, name := range known {
		if d := edlib.OSADamerauLevenshteinDistance(wrong, name); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known are " + strings.Join(known, ", ")
}
