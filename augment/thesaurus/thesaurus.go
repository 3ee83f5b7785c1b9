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
	base    int // entries that are not inflected
}

// entry is where a word's synonyms lie and in which form to put them.
type entry struct {
	start, end uint32
	form       Form
}

// Len returns the number of words that have synonyms.
func (t *Table) Len() int { return t.base }

// Words returns all words that have synonyms in their base form, sorted.
func (t *Table) Words() []string {
	out := make([]string, 0, t.base)
	for w, e := range t.entries {
		if e.form == Base {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// Lookup returns the synonyms of a word in lower case, and the form in which to
// put them. A word that is listed as it stands is in its base form; else it is
// the regular inflection of one that is.
func (t *Table) Lookup(word string) ([]string, Form) {
	e, ok := t.entries[word]
	if !ok {
		return nil, Base
	}
	return t.words[e.start:e.end], e.form
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

// table seals what was collected, and adds inflected words: one look then finds
// any.
func (b *builder) table() *Table {
	t := &Table{entries: make(map[string]entry, 3*len(b.lists)), base: len(b.lists)}
	ends := make([][parts + 1]uint32, len(b.order)) // where the synonyms of each part begin, and those of the last end
	for i, word := range b.order {
		for p, list := range b.lists[word] {
			ends[i][p] = uint32(len(t.words))
			t.words = append(t.words, list...)
		}
		ends[i][parts] = uint32(len(t.words))
		t.entries[word] = entry{start: ends[i][0], end: ends[i][parts]}
	}
	for i, word := range b.order {
		for _, f := range inflections {
			e := entry{start: ends[i][f.from], end: ends[i][f.to+1], form: f.form}
			if e.start == e.end { // the list may not tell parts of speech
				e.start, e.end = ends[i][Any], ends[i][parts]
			}
			if e.start == e.end {
				continue
			}
			inflected, ok := f.form.Of(word)
			if _, taken := t.entries[inflected]; ok && !taken && !b.skip(inflected) {
				t.entries[inflected] = e
			}
		}
	}
	return t
}
