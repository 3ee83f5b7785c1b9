package pii

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// Names are files of names, one a line; empty lines and those that begin with #
// are left out. Case does not matter.
type Names struct {
	// Given and Family are paths. Without Given names the type PERSON is not
	// looked for; Family names make it surer.
	Given, Family []string
}

// load reads the lists; nil where none is named.
func (n Names) load() (*lists, error) {
	if len(n.Given) == 0 {
		if len(n.Family) > 0 {
			return nil, fmt.Errorf("pii: a list of family names is given without one of given names: %w", ErrNames)
		}
		return nil, nil
	}
	given, faults := loadLines("name list", n.Given)
	family, more := loadLines("name list", n.Family)
	if err := errors.Join(faults, more); err != nil {
		return nil, err
	}
	return &lists{given, family}, nil
}

// loadLines reads lists with one entry a line, in lower case. what says in
// errors what they are.
func loadLines(what string, paths []string) (map[string]struct{}, error) {
	lines := make(map[string]struct{})
	var faults []error
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("pii: %s: %w: %w", what, err, ErrNames))
			continue
		}
		if err := addLines(lines, string(data)); err != nil {
			faults = append(faults, fmt.Errorf("pii: %s %s%w: %w", what, path, err, ErrNames))
		}
	}
	return lines, errors.Join(faults...)
}

func addLines(lines map[string]struct{}, data string) error {
	added, number := 0, 0
	for line := range strings.Lines(strings.TrimPrefix(data, "\ufeff")) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if !utf8.ValidString(line) {
			return fmt.Errorf(":%d is not UTF-8", number)
		}
		lines[strings.ToLower(line)] = struct{}{}
		added++
	}
	if added == 0 {
		return errors.New(" holds nothing; one entry a line is expected")
	}
	return nil
}

// allowed are the values that stay, in the form that a kind's spellings share.
func (k kind) allowed(values map[string]struct{}) map[string]struct{} {
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]struct{}, len(values))
	for v := range values {
		out[k.form(v)] = struct{}{}
	}
	delete(out, "")
	return out
}

// form is what all spellings of a value have in common.
func (k kind) form(value string) string {
	value = strings.ToLower(value)
	if k.normal != nil {
		return k.normal(value)
	}
	return value
}
