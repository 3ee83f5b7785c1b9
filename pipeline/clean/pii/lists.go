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
	given, faults := loadNames(n.Given)
	family, more := loadNames(n.Family)
	if err := errors.Join(faults, more); err != nil {
		return nil, err
	}
	return &lists{given, family}, nil
}

func loadNames(paths []string) (map[string]struct{}, error) {
	names := make(map[string]struct{})
	var faults []error
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("pii: name list: %w: %w", err, ErrNames))
			continue
		}
		if err := addNames(names, path, string(data)); err != nil {
			faults = append(faults, err)
		}
	}
	return names, errors.Join(faults...)
}

func addNames(names map[string]struct{}, path, data string) error {
	added := 0
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(data, "\ufeff")) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if !utf8.ValidString(line) {
			return fmt.Errorf("pii: name list %s:%d is not UTF-8: %w", path, number, ErrNames)
		}
		names[strings.ToLower(line)] = struct{}{}
		added++
	}
	if added == 0 {
		return fmt.Errorf("pii: name list %s holds no name; one a line is expected: %w", path, ErrNames)
	}
	return nil
}
