package augment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Policy says how copies of examples are made. Its yaml keys are those of policy
// files.
type Policy struct {
	Name string `yaml:"name"`
	// Language is a code such as en or zh.
	Language string `yaml:"language"`
	// Segment is how a text is cut into words: unicode, word (by a dictionary, for
	// languages that write no spaces), character, or auto: word where there is a
	// segmenter for the language, else unicode.
	Segment string `yaml:"segment"`
	// Task is what the labels say; operators that harm it are refused.
	Task Task `yaml:"task,omitempty"`
	// Force allows harmful operators.
	Force bool `yaml:"force,omitempty"`

	// Copies is how many copies are made of each example.
	Copies int `yaml:"copies"`
	// Original keeps the example itself before its copies.
	Original bool `yaml:"original"`
	// Choose is how the operators of a copy are chosen: all (each with its
	// probability), one (by weight), or balanced (each operator for as many of an
	// example's copies as the others).
	Choose string `yaml:"choose"`
	// Order is that of several operators: listed or random.
	Order string `yaml:"order"`
	// Magnitude is fixed, or uniform: each application scales its rates by a draw
	// from [0, 1).
	Magnitude string `yaml:"magnitude"`
	// MinWords leaves shorter texts as they are.
	MinWords int `yaml:"min_words,omitempty"`
	// Budget bounds the changes of one copy, as a share of its words; an operator
	// that would go beyond is skipped.
	Budget float64 `yaml:"budget"`
	// Side says which text of a pair changes: text, pair or both.
	Side string `yaml:"side"`
	// MaxBytes bounds the length of texts; a longer one is an error.
	MaxBytes int `yaml:"max_bytes"`
	// Protect lists words that stay, in any case.
	Protect []string `yaml:"protect,omitempty"`
	// Filters throw copies away.
	Filters Filters `yaml:"filters"`
	// Tries is how often a copy that a filter threw away is made anew.
	Tries int `yaml:"tries"`
	// Audit writes what was done into the column audit.
	Audit bool `yaml:"audit,omitempty"`

	// Before are operators that run first on every copy, in the order listed.
	Before    []Step `yaml:"before,omitempty"`
	Operators []Step `yaml:"operators"`
}

// all returns every step of the policy, those of Before first.
func (p Policy) all() []Step { return append(slices.Clone(p.Before), p.Operators...) }

// Filters throw copies away that are of no use.
type Filters struct {
	// Duplicates drops copies equal to their original or an earlier copy of it.
	Duplicates bool `yaml:"duplicates"`
	// MinEditRate and MaxEditRate bound the number of changes over the number of
	// words.
	MinEditRate float64 `yaml:"min_edit_rate,omitempty"`
	MaxEditRate float64 `yaml:"max_edit_rate,omitempty"`
	// KeepLabel keeps copies whose label the current classifier still predicts,
	// and Cosine those whose embedding is that near to the original's; both need
	// Options.Filters.
	KeepLabel bool    `yaml:"keep_label,omitempty"`
	Cosine    float64 `yaml:"cosine,omitempty"`
}

// Step is one operator of a policy.
type Step struct {
	Name        string         `yaml:"name"`
	Probability float64        `yaml:"probability"`
	Weight      float64        `yaml:"weight,omitempty"`
	Params      map[string]any `yaml:"params,omitempty"`
}

// UnmarshalYAML implements yaml.Unmarshaler: probability and weight default
// to 1. A bare name stands for a step with defaults.
func (s *Step) UnmarshalYAML(node *yaml.Node) error {
	*s = Step{Probability: 1, Weight: 1}
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&s.Name)
	}
	if node.Kind == yaml.MappingNode {
		keys := []string{"name", "probability", "weight", "params"}
		for i := 0; i < len(node.Content); i += 2 {
			if key := node.Content[i].Value; !slices.Contains(keys, key) {
				return fmt.Errorf("line %d: an operator has no key %s; did you mean %s?", node.Content[i].Line, key, nearest(key, keys))
			}
		}
	}
	type plain Step
	return node.Decode((*plain)(s))
}

// DefaultPolicy returns a policy without operators.
func DefaultPolicy() Policy {
	return Policy{
		Language: "en", Segment: "auto", Copies: 1, Original: true, Choose: "all", Order: "listed",
		Magnitude: "fixed", Budget: 1, Side: "both", MaxBytes: 1 << 20, Tries: 3,
		Filters: Filters{Duplicates: true, MaxEditRate: 0},
	}
}

// ParsePolicy reads a policy in YAML. Keys that are left out have the values of
// DefaultPolicy; unknown ones are refused.
func ParsePolicy(data []byte) (Policy, error) {
	p := DefaultPolicy()
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("augment: %w: %w", err, ErrPolicy)
	}
	return p, nil
}

// Validate returns all faults of a policy that can be told without its packs.
func (p Policy) Validate(table Table) error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("augment: "+format+": %w", append(args, ErrPolicy)...))
		}
	}
	among := func(key, value string, choices ...string) {
		check(slices.Contains(choices, value), "%s is %q; one of %s is expected", key, value, strings.Join(choices, ", "))
	}
	among("segment", p.Segment, "auto", "unicode", "word", "character")
	among("choose", p.Choose, "all", "one", "balanced")
	among("order", p.Order, "listed", "random")
	among("magnitude", p.Magnitude, "fixed", "uniform")
	among("side", p.Side, "text", "pair", "both")
	check(p.Copies >= 0 && p.Copies < 1<<15, "copies is %d; it lies between 0 and %d", p.Copies, 1<<15-1)
	check(p.Budget > 0 && p.Budget <= 1, "budget is %v; it lies above 0 and at most at 1", p.Budget)
	check(p.MaxBytes >= 1, "max_bytes is %d; at least 1 is needed", p.MaxBytes)
	check(p.Tries >= 1, "tries is %d; at least 1 is needed", p.Tries)
	check(p.MinWords >= 0, "min_words is %d; it must not be negative", p.MinWords)
	check(p.Language != "", "no language is given")
	check(len(p.Operators) > 0, "the policy has no operators")
	check(p.Task == "" || slices.Contains(Tasks(), p.Task), "task is %q; one of %v is expected", p.Task, Tasks())
	f := p.Filters
	check(f.MinEditRate >= 0 && f.MinEditRate <= 1, "min_edit_rate is %v; it lies between 0 and 1", f.MinEditRate)
	check(f.MaxEditRate >= 0, "max_edit_rate is %v; it must not be negative", f.MaxEditRate)
	check(f.Cosine >= -1 && f.Cosine <= 1, "cosine is %v; it lies between -1 and 1", f.Cosine)
	for i, s := range p.all() {
		if err := p.step(table, i, s); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// step returns the faults of one step.
func (p Policy) step(table Table, i int, s Step) error {
	spec, err := table.Lookup(s.Name)
	if err != nil {
		return fmt.Errorf("operator %d: %w", i+1, err)
	}
	var faults []error
	if !(s.Probability >= 0 && s.Probability <= 1) {
		faults = append(faults, fmt.Errorf("augment: operator %s has the probability %v; it lies between 0 and 1: %w", s.Name, s.Probability, ErrPolicy))
	}
	if !(s.Weight >= 0 && s.Weight <= 1e9) {
		faults = append(faults, fmt.Errorf("augment: operator %s has the weight %v; it must not be negative: %w", s.Name, s.Weight, ErrPolicy))
	}
	if !spec.Speaks(p.Language) {
		faults = append(faults, fmt.Errorf("augment: operator %s works in %s, not in %s: %w", s.Name, strings.Join(spec.Languages, ", "), p.Language, ErrPolicy))
	}
	if why := spec.Harmed(p.Task); why != "" && !p.Force {
		faults = append(faults, fmt.Errorf("augment: operator %s with the task %s: %s; leave it out, or set force: %w", s.Name, p.Task, why, ErrHarm))
	}
	if _, err := NewSettings(spec, p.Language, s.Params, nil); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
