package source

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNamesFile bounds a file of class names. Units: bytes.
const maxNamesFile = 64 << 20

// ReadNames reads the classes in order from a file: a name a line, a JSON list
// of names, or a model's config.json with id2label.
func ReadNames(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxNamesFile {
		err = fmt.Errorf("%d bytes of class names; at most %d are read: %w", info.Size(), maxNamesFile, ErrTooLarge)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, &Error{Path: path, Err: err}
	}
	names, err := parseNames(strings.TrimPrefix(string(data), "\ufeff"))
	if err != nil {
		return nil, &Error{Path: path, Err: err}
	}
	seen := map[string]int{}
	for i, name := range names {
		if first, twice := seen[name]; twice {
			return nil, &Error{Path: path, Err: fmt.Errorf("the class %q comes twice, as %d and %d: %w", name, first, i, ErrFormat)}
		}
		seen[name] = i
	}
	if len(names) == 0 {
		return nil, &Error{Path: path, Err: fmt.Errorf("no class is named: %w", ErrEmpty)}
	}
	return names, nil
}

func parseNames(text string) (names []string, err error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("the byte at %d begins no character; convert the file to UTF-8: %w", firstInvalid(text), ErrUTF8)
	}
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "["):
		if err := json.Unmarshal([]byte(trimmed), &names); err != nil {
			return nil, fmt.Errorf("not a JSON list of names: %w: %w", err, ErrFormat)
		}
		return names, nil
	case strings.HasPrefix(trimmed, "{"):
		var config struct {
			ID2Label map[string]string `json:"id2label"`
		}
		if err := json.Unmarshal([]byte(trimmed), &config); err != nil {
			return nil, fmt.Errorf("not a model's configuration: %w: %w", err, ErrFormat)
		}
		for i := range len(config.ID2Label) {
			name, ok := config.ID2Label[strconv.Itoa(i)]
			if !ok {
				return nil, fmt.Errorf("id2label has %d names, but none for %d: %w", len(config.ID2Label), i, ErrFormat)
			}
			names = append(names, name)
		}
		return names, nil
	}
	for line := range strings.Lines(text) {
		if name := strings.TrimRight(line, "\r\n"); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
