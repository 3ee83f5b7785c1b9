package pii

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline/record"
)

// What can be wrong.
var (
	ErrConfig  = errors.New("wrong configuration")
	ErrPattern = errors.New("wrong pattern")
	ErrNames   = errors.New("wrong list")
)

// Replacement says what stands in place of a match.
type Replacement string

// The replacements.
const (
	// Placeholder is the type in brackets: [EMAIL].
	Placeholder Replacement = "placeholder"
	// Mask is as many * as the match has characters; Keep leaves the last ones.
	Mask Replacement = "mask"
	// Pseudonym is the type and 16 hexadecimal digits of HMAC-SHA256 over type
	// and value: [EMAIL_3f9a1c20b47d55e1]. One value has one pseudonym under one
	// key, whatever its case or grouping. Whoever has the key can test guesses, so
	// this is pseudonymisation, not anonymisation.
	Pseudonym Replacement = "pseudonym"
)

// Config says what to find and what to put there.
type Config struct {
	// Types are what to find: those of Types, and those of the pattern files; nil
	// stands for all that are available (PERSON only with name lists).
	Types []string
	// Replace is what stands in place of matches; ByType, where it differs.
	Replace Replacement
	ByType  map[string]Replacement
	// Keep is how many characters Mask leaves at the end, of values more than
	// twice as long.
	Keep int
	// Key is what Pseudonym is keyed by: at least 16 bytes, secret, from a good
	// source of randomness.
	Key []byte
	// Patterns are files of own patterns, Names name lists; see Patterns and Names.
	Patterns []string
	Names    Names
	// Allow are files of values that stay, one a line, such as the address and
	// number of the own help desk; case and grouping do not matter.
	Allow []string
	// Extra are recognisers besides Standard.
	Extra []Recogniser
	// Memory counts the Arrow memory of the batches that Rows makes; nil counts
	// nowhere.
	Memory *record.Allocator
}

// Default returns the defaults: all types that need no list, replaced by typed
// placeholders.
func Default() Config { return Config{Replace: Placeholder} }

// minSecretKey is the shortest key. Units: bytes.
const minSecretKey = 16

// Validate returns all faults that show without reading files.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("pii: "+format+": %w", append(args, ErrConfig)...))
		}
	}
	known := []Replacement{Placeholder, Mask, Pseudonym}
	needsKey := c.Replace == Pseudonym
	check(slices.Contains(known, c.Replace), "replacement is %q; placeholder, mask or pseudonym is expected", c.Replace)
	for t, r := range c.ByType {
		check(slices.Contains(known, r), "replacement of %s is %q; placeholder, mask or pseudonym is expected", t, r)
		needsKey = needsKey || r == Pseudonym
	}
	check(c.Keep >= 0, "keep is %d; it must not be negative", c.Keep)
	check(!needsKey || len(c.Key) >= minSecretKey, "pseudonyms need a key of %d bytes at least; this one has %d", minSecretKey, len(c.Key))
	for _, r := range c.Extra {
		check(r.Name != "" && r.Type != "" && r.Starts != "" && r.Find != nil, "recogniser %q lacks a name, a type, starts or a function", r.Name)
	}
	return errors.Join(faults...)
}

// choose keeps the recognisers and patterns of the wanted types.
func (c Config) choose(all []Recogniser, own []pattern, names bool) ([]Recogniser, []pattern, error) {
	available := make(map[string]bool)
	for _, r := range all {
		available[r.Type] = true
	}
	for _, p := range own {
		available[p.typ] = true
	}
	want := make(map[string]bool)
	var faults []error
	for _, t := range c.Types {
		t = strings.ToUpper(t)
		want[t] = true
		if !available[t] {
			faults = append(faults, fmt.Errorf("pii: there is no type %s; the types are %s: %w", t, strings.Join(sortedKeys(available), ", "), ErrConfig))
		}
		if t == personType && !names {
			faults = append(faults, fmt.Errorf("pii: type %s needs a list of given names: %w", t, ErrConfig))
		}
	}
	for _, t := range sortedKeys(c.ByType) {
		if !available[t] {
			faults = append(faults, fmt.Errorf("pii: a replacement is given for type %s, which nothing finds; the types are %s: %w", t, strings.Join(sortedKeys(available), ", "), ErrConfig))
		}
	}
	unwanted := func(typ string) bool { return len(want) > 0 && !want[typ] || typ == personType && !names }
	all = slices.DeleteFunc(all, func(r Recogniser) bool { return unwanted(r.Type) })
	own = slices.DeleteFunc(own, func(p pattern) bool { return unwanted(p.typ) })
	return all, own, errors.Join(faults...)
}

// personType is the type that needs name lists.
const personType = "PERSON"

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
