// Package thesaurus reads lists of synonyms and looks words up in them, in their
// base form or inflected.
//
// Nouns: a Table maps a word to its synonyms by part of speech; a Form is how a
// word of a text is inflected, and inflects a synonym alike. Path: WordNet,
// OpenWordNet, Pairs or Lines → Table.Lookup → Form.Of.
//
// Errors wrap ErrFormat and name file and line. A Table is immutable and safe
// for concurrent use.
//
// The package does not choose between the senses of a word.
package thesaurus

import (
	"errors"
	"slices"
	"strings"
)

// ErrFormat is wrapped by errors about lines that do not parse.
var ErrFormat = errors.New("malformed thesaurus")

// Part is a part of speech.
type Part uint8

// The parts of speech, and Any where the list does not tell.
const (
	Noun Part = iota
	Verb
	Adjective
	Adverb
	Any
	parts
)

// Table maps words to synonyms.
type Table struct {
	entries map[string]entry
	words   []string
}

// entry is where a word's synonyms lie: those of part p end at ends[p] and begin
// where the part before ends.
type entry struct {
	start uint32
	ends  [parts]uint32
}

// Len returns the number of words that have synonyms.
func (t *Table) Len() int { return len(t.entries) }

// Words returns all words that have synonyms, sorted.
func (t *Table) Words() []string {
	out := make([]string, 0, len(t.entries))
	for w := range t.entries {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// Lookup returns the synonyms of a word in lower case, and the form in which to
// put them. A word that is listed as it stands is in its base form; else regular
// endings are taken off.
func (t *Table) Lookup(word string) ([]string, Form) {
	if e, ok := t.entries[word]; ok {
		return t.words[e.start:e.ends[parts-1]], Base
	}
	if len(word) < 4 || word[len(word)-1] > 'z' {
		return nil, Base
	}
	switch word[len(word)-1] {
	case 's', 'd', 'g', 'r', 't':
		return t.inflected(word)
	}
	return nil, Base
}

// inflected looks a word up by its possible base forms.
func (t *Table) inflected(word string) ([]string, Form) {
	for _, ending := range endings {
		stem, ok := strings.CutSuffix(word, ending.suffix)
		if !ok || len(stem) < 2 {
			continue
		}
		if ending.doubled {
			n := len(stem)
			if n < 3 || stem[n-1] != stem[n-2] {
				continue
			}
			stem = stem[:n-1]
		}
		var e entry
		if ending.back == "" {
			e, ok = t.entries[stem]
		} else {
			var key [64]byte // keeps the key off the heap
			e, ok = t.entries[string(append(append(key[:0], stem...), ending.back...))]
		}
		if !ok {
			continue
		}
		list := t.span(e, ending.from, ending.to)
		if len(list) == 0 {
			list = t.span(e, Any, Any)
		}
		if len(list) > 0 {
			return list, ending.form
		}
	}
	return nil, Base
}

// span returns the synonyms of the parts of speech from one to another.
func (t *Table) span(e entry, from, to Part) []string {
	start := e.start
	if from > 0 {
		start = e.ends[from-1]
	}
	return t.words[start:e.ends[to]]
}

// builder collects synonyms.
type builder struct {
	lists map[string]*[parts][]string
	order []string
	skip  func(word string) bool
}

func newBuilder(skip func(string) bool) *builder {
	if skip == nil {
		skip = func(string) bool { return false }
	}
	return &builder{lists: make(map[string]*[parts][]string), skip: skip}
}

// add notes a synonym of a word, once.
func (b *builder) add(word string, part Part, synonym string) {
	if word == "" || synonym == "" || strings.EqualFold(word, synonym) || b.skip(word) {
		return
	}
	l := b.lists[word]
	if l == nil {
		l = new([parts][]string)
		b.lists[word] = l
		b.order = append(b.order, word)
	}
	for _, list := range l {
		if slices.Contains(list, synonym) {
			return
		}
	}
	l[part] = append(l[part], synonym)
}

// table seals what was collected.
func (b *builder) table() *Table {
	t := &Table{entries: make(map[string]entry, len(b.lists))}
	for _, word := range b.order {
		e := entry{start: uint32(len(t.words))}
		for p, list := range b.lists[word] {
			t.words = append(t.words, list...)
			e.ends[p] = uint32(len(t.words))
		}
		t.entries[word] = e
	}
	return t
}
