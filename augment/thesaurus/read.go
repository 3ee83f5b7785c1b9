package thesaurus

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// wordnetFiles are the database files of each part of speech.
var wordnetFiles = [...]struct {
	suffix string
	part   Part
}{{"noun", Noun}, {"verb", Verb}, {"adj", Adjective}, {"adv", Adverb}}

// WordNet reads the database files of WordNet (index.noun, data.noun, …) in a
// folder: the synonyms of a word are the other words of its synsets, in the
// order of its senses. Parts of speech whose files are absent are left out; all
// absent is an error. Words for which skip is true have no synonyms; nil skips
// none.
//
// Source: wndb(5WN); offsets count bytes from the start of a data file.
func WordNet(dir fs.FS, skip func(word string) bool) (*Table, error) {
	b := newBuilder(skip)
	found := false
	for _, f := range wordnetFiles {
		index, err := fs.ReadFile(dir, "index."+f.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("thesaurus: %w", err)
		}
		data, err := fs.ReadFile(dir, "data."+f.suffix)
		if err != nil {
			return nil, fmt.Errorf("thesaurus: %w", err)
		}
		found = true
		if err := readIndex(b, index, data, f.suffix, f.part); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fmt.Errorf("thesaurus: the folder has none of index.noun, index.verb, index.adj and index.adv: %w", ErrFormat)
	}
	return b.table(), nil
}

// readIndex reads the index of one part of speech. A line is
//
//	lemma pos synset_cnt p_cnt [ptr_symbol…] sense_cnt tagsense_cnt synset_offset…
func readIndex(b *builder, index, data []byte, suffix string, part Part) error {
	number := 0
	for line := range bytes.Lines(index) {
		number++
		if line[0] == ' ' { // the licence
			continue
		}
		fields := strings.Fields(string(line))
		bad := func(what string) error {
			return fmt.Errorf("thesaurus: index.%s, line %d: %s: %w", suffix, number, what, ErrFormat)
		}
		if len(fields) < 6 {
			return bad("fewer than 6 fields")
		}
		synsets, err := strconv.Atoi(fields[2])
		if err != nil || synsets < 1 || synsets > len(fields)-5 {
			return bad("the count of synsets does not fit the line")
		}
		if b.skip(fields[0]) {
			continue
		}
		lemma := strings.ReplaceAll(fields[0], "_", " ")
		for _, field := range fields[len(fields)-synsets:] {
			offset, err := strconv.Atoi(field)
			if err != nil {
				return bad("the offset " + field + " is no number")
			}
			words, err := synset(data, offset)
			if err != nil {
				return fmt.Errorf("thesaurus: index.%s, line %d: data.%s at byte %d: %w", suffix, number, suffix, offset, err)
			}
			for _, w := range words {
				b.add(lemma, part, w)
			}
		}
	}
	return nil
}

// synset reads the words of the synset at a byte of a data file. A line is
//
//	synset_offset lex_filenum ss_type w_cnt word lex_id [word lex_id…] …
func synset(data []byte, offset int) ([]string, error) {
	if offset < 0 || offset >= len(data) {
		return nil, fmt.Errorf("the file has %d bytes: %w", len(data), ErrFormat)
	}
	line := data[offset:]
	if end := bytes.IndexByte(line, '|'); end >= 0 {
		line = line[:end]
	}
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	fields := strings.Fields(string(line))
	if len(fields) < 6 || fields[0] != fmt.Sprintf("%08d", offset) {
		return nil, fmt.Errorf("no synset begins there: %w", ErrFormat)
	}
	count, err := strconv.ParseInt(fields[3], 16, 32)
	if err != nil || count < 1 || int(count) > (len(fields)-4)/2 {
		return nil, fmt.Errorf("the count of words %q does not fit the line: %w", fields[3], ErrFormat)
	}
	words := make([]string, count)
	for i := range words {
		w := fields[4+2*i]
		if at := strings.IndexByte(w, '('); at > 0 { // where an adjective stands
			w = w[:at]
		}
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	return words, nil
}

// OpenWordNet reads a tab file of the Open Multilingual Wordnet, such as the
// Chinese Open Wordnet: lines of synset, type and word, where words of one synset
// are synonyms and the type ends in lemma. A + before a particle is taken off
// with it. name is for errors.
func OpenWordNet(r io.Reader, name string, skip func(string) bool) (*Table, error) {
	sets := make(map[string][]string)
	var order []string
	err := lines(r, name, func(number int, line string) error {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			return fmt.Errorf("%d fields; synset, type and word are expected", len(fields))
		}
		if !strings.HasSuffix(fields[1], "lemma") {
			return nil
		}
		word, _, _ := strings.Cut(strings.TrimSpace(fields[2]), "+")
		if word == "" {
			return nil
		}
		if sets[fields[0]] == nil {
			order = append(order, fields[0])
		}
		sets[fields[0]] = append(sets[fields[0]], word)
		return nil
	})
	if err != nil {
		return nil, err
	}
	b := newBuilder(skip)
	for _, set := range order {
		part := Any
		switch set[len(set)-1] {
		case 'n':
			part = Noun
		case 'v':
			part = Verb
		case 'a', 's':
			part = Adjective
		case 'r':
			part = Adverb
		}
		for _, w := range sets[set] {
			for _, other := range sets[set] {
				b.add(w, part, other)
			}
		}
	}
	return b.table(), nil
}

// Pairs reads lines of a word and a synonym, as lists derived from PPDB are; each
// is the other's synonym.
func Pairs(r io.Reader, name string, skip func(string) bool) (*Table, error) {
	b := newBuilder(skip)
	err := lines(r, name, func(_ int, line string) error {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			return fmt.Errorf("%d fields; a word and a synonym are expected", len(fields))
		}
		b.add(strings.ToLower(fields[0]), Any, fields[1])
		b.add(strings.ToLower(fields[1]), Any, fields[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.table(), nil
}

// Lines reads lines of a word and its synonyms, with tabs between.
func Lines(r io.Reader, name string, skip func(string) bool) (*Table, error) {
	b := newBuilder(skip)
	err := lines(r, name, func(_ int, line string) error {
		fields := strings.Split(line, "\t")
		if len(fields) < 2 || fields[0] == "" {
			return errors.New("a word, a tab and a synonym are expected")
		}
		for _, synonym := range fields[1:] {
			b.add(strings.ToLower(fields[0]), Any, strings.TrimSpace(synonym))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.table(), nil
}

// lines calls f with each line that is neither empty nor a comment.
func lines(r io.Reader, name string, f func(number int, line string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	number := 0
	for s.Scan() {
		number++
		line := strings.TrimRight(s.Text(), "\r \t")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := f(number, line); err != nil {
			return fmt.Errorf("thesaurus: %s, line %d: %w: %w", name, number, err, ErrFormat)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("thesaurus: %s, line %d: %w: %w", name, number+1, err, ErrFormat)
	}
	return nil
}
