// Package stopword knows the words of 58 languages that carry grammar rather
// than meaning.
//
// The lists are those of stopwords-iso 1.1.0 (MIT, see LICENSE in this folder).
// Nouns: a Set is the stop words of one language, lower case. Path: Load by
// language, or Read from a file of one's own → Has.
//
// Errors wrap ErrLanguage or ErrFile. A Set is immutable and may be shared.
// Entries that consist of several words are kept, but only asked for as a whole
// do they match.
package stopword

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// What can be wrong.
var (
	ErrLanguage = errors.New("no stop words of this language")
	ErrFile     = errors.New("not a list of stop words")
)

//go:embed stopwords-iso.json.gz
var packed []byte

// Set is a set of words.
type Set map[string]struct{}

// Has reports whether a lower-case word is in the set.
func (s Set) Has(word []byte) bool {
	_, ok := s[string(word)]
	return ok
}

// Languages returns the ISO 639-1 codes of the languages known.
func Languages() ([]string, error) {
	all, err := builtin()
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(all)), nil
}

// Load returns the stop words of a language.
func Load(language string) (Set, error) {
	all, err := builtin()
	if err != nil {
		return nil, err
	}
	return pick(all, language)
}

// builtin unpacks the lists.
func builtin() (map[string][]string, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("stopword: the lists of this binary are damaged: %w", err)
	}
	var all map[string][]string
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		return nil, fmt.Errorf("stopword: the lists of this binary are damaged: %w", err)
	}
	return all, nil
}

func pick(all map[string][]string, language string) (Set, error) {
	words, ok := all[language]
	if !ok {
		return nil, fmt.Errorf("stopword: %q; known are %s: %w", language, strings.Join(slices.Sorted(maps.Keys(all)), " "), ErrLanguage)
	}
	return setOf(words), nil
}

// setOf adds to every word with an apostrophe its form with a typographic one.
func setOf(words []string) Set {
	out := make(Set, len(words))
	for _, w := range words {
		w = strings.ToLower(strings.TrimSpace(w))
		if w == "" {
			continue
		}
		out[w] = struct{}{}
		if strings.Contains(w, "'") {
			out[strings.ReplaceAll(w, "'", "’")] = struct{}{}
		}
	}
	return out
}

// Read reads a list: JSON in the form of stopwords-iso (an object of languages,
// of which one is chosen), JSON that is one array, or one word a line with
// comments behind #.
func Read(r io.Reader, language string) (Set, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("stopword: %w", err)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("stopword: the list is not in UTF-8: %w", ErrFile)
	}
	switch trimmed := bytes.TrimSpace(data); {
	case bytes.HasPrefix(trimmed, []byte("{")):
		var all map[string][]string
		if err := json.Unmarshal(trimmed, &all); err != nil {
			return nil, fmt.Errorf("stopword: an object of languages with arrays of words is expected: %w: %w", ErrFile, err)
		}
		return pick(all, language)
	case bytes.HasPrefix(trimmed, []byte("[")):
		var words []string
		if err := json.Unmarshal(trimmed, &words); err != nil {
			return nil, fmt.Errorf("stopword: an array of words is expected: %w: %w", ErrFile, err)
		}
		return setOf(words), nil
	}
	return lines(data)
}

func lines(data []byte) (Set, error) {
	var words []string
	s := bufio.NewScanner(bytes.NewReader(data))
	for s.Scan() {
		word, _, _ := strings.Cut(strings.TrimPrefix(s.Text(), "\ufeff"), "#")
		words = append(words, word)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("stopword: one word a line is expected: %w: %w", ErrFile, err)
	}
	set := setOf(words)
	if len(set) == 0 {
		return nil, fmt.Errorf("stopword: the list holds no word: %w", ErrFile)
	}
	return set, nil
}
