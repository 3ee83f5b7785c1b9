// Package pii finds sensitive data in texts and replaces it: e-mail addresses,
// telephone and card numbers, accounts, addresses of machines and people,
// identity numbers, secrets, dates of birth, names.
//
// Nouns: a Recogniser finds one kind, registered in a table that is sealed when
// the package has loaded (Standard); a Match is a stretch of a text with its
// Type; a Scrubber finds and replaces by a Config; the Audit says how much of
// what was found in which rows, never what. Path: Default → New → Find for the
// matches of a text, Edits for the changes, Scrub for an example whose words
// and spans follow, Rows for record batches.
//
// A text is read once. A table of bytes tells at which places which recognisers
// start, and only those look closer. Of matches that overlap the longest stays,
// then the one whose recogniser has the smaller Rank, then the leftmost; own
// patterns have the smallest of all.
//
// Errors wrap ErrConfig, ErrPattern or ErrNames. Finding never fails.
//
// Concurrency: a Scrubber serves any number of goroutines.
//
// What it does not do: it knows no language and reads no mind. A name that is
// in no list, an address without a number or a secret in plain words stays. Run
// it after normalising Unicode, since it does not see through full-width digits
// or invisible characters.
package pii

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Match is sensitive data at a place of a text.
type Match struct {
	sample.Range
	// Type is what it is, By the name of the recogniser or pattern that found it.
	Type, By string
}

// Scrubber finds and replaces sensitive data.
type Scrubber struct {
	replace  replacer
	names    *lists
	patterns []pattern
	table    []Recogniser // in the order of rank
	starts   [3][256]uint64
	kinds    []kind // of patterns, then of the table
	audit    audit
	texts    sync.Pool // of *Text, which is too large to be made anew for every text
	memory   *record.Allocator
}

// kind is what a match needs to know of its finder.
type kind struct {
	name, typ string
	normal    func(string) string
	allow     map[string]struct{} // forms of values that stay; nil for none
}

// maxRecognisers is how many fit into the dispatcher's masks.
const maxRecognisers = 64

// New reads the files of a configuration and returns its Scrubber, or all its
// faults.
func New(cfg Config) (*Scrubber, error) {
	faults := cfg.Validate()
	names, err := cfg.Names.load()
	faults = errors.Join(faults, err)
	own, err := loadPatterns(cfg.Patterns)
	faults = errors.Join(faults, err)
	allow, err := loadLines("list of values that stay", cfg.Allow)
	faults = errors.Join(faults, err)
	all := append(Standard(), cfg.Extra...)
	slices.SortStableFunc(all, func(a, b Recogniser) int { return a.Rank - b.Rank })
	if faults != nil {
		return nil, faults
	}
	all, own, err = cfg.choose(all, own, names != nil)
	if err != nil {
		return nil, err
	}
	if len(all) > maxRecognisers {
		return nil, fmt.Errorf("pii: %d recognisers are more than %d: %w", len(all), maxRecognisers, ErrConfig)
	}
	s := &Scrubber{names: names, patterns: own, table: all, memory: cfg.Memory, replace: newReplacer(cfg)}
	s.texts.New = func() any { return new(Text) }
	if s.memory == nil {
		s.memory = new(record.Allocator)
	}
	for _, p := range own {
		s.kinds = append(s.kinds, kind{name: p.name, typ: p.typ})
	}
	for i, r := range all {
		s.kinds = append(s.kinds, kind{name: r.Name, typ: r.Type, normal: r.Normal})
		s.dispatch(i, r.Starts)
	}
	for i := range s.kinds {
		s.kinds[i].allow = s.kinds[i].allowed(allow)
	}
	return s, nil
}

// dispatch enters a recogniser at the bytes it starts at, by the class of the
// byte before.
func (s *Scrubber) dispatch(i int, starts string) {
	for _, b := range []byte(starts) {
		s.starts[other][b] |= 1 << i
		if classes[b] == other || b == '_' {
			s.starts[letter][b] |= 1 << i
			s.starts[digit][b] |= 1 << i
		}
	}
}

// Types returns the types that the Scrubber finds, sorted.
func (s *Scrubber) Types() []string {
	var out []string
	for _, k := range s.kinds {
		out = append(out, k.typ)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Find returns the matches in a text, in order and without overlap. Texts
// should be valid UTF-8; in others the ends of a match may lie inside a
// character that is broken anyway.
func (s *Scrubber) Find(text string) []Match {
	found := s.find(text)
	if len(found) == 0 {
		return nil
	}
	out := make([]Match, len(found))
	for i, c := range found {
		out[i] = Match{c.Range, s.kinds[c.rank].typ, s.kinds[c.rank].name}
	}
	return out
}

// Edits returns what replaces the matches of a text.
func (s *Scrubber) Edits(text string) edit.List {
	list, _ := s.edits(text, nil)
	return list
}

// edits also counts into counts, which it makes when there is need.
func (s *Scrubber) edits(text string, counts Counts) (edit.List, Counts) {
	found := s.find(text)
	if len(found) == 0 {
		return nil, counts
	}
	if counts == nil {
		counts = make(Counts)
	}
	list := make(edit.List, len(found))
	for i, c := range found {
		k := s.kinds[c.rank]
		counts[k.typ]++
		list[i] = edit.Edit{Range: c.Range, With: s.replace.with(k, text[c.Start:c.End])}
	}
	return list, counts
}

// find collects the candidates of a text and settles their overlaps.
func (s *Scrubber) find(text string) []candidate {
	var found []candidate
	for i, p := range s.patterns {
		found = p.find(text, found, i)
	}
	t := s.texts.Get().(*Text)
	t.String, t.names, t.number.n = text, s.names, 0
	last := other
	for i := 0; i < len(text); i++ {
		b := text[i]
		mask := s.starts[last][b]
		last = classes[b]
		if mask != 0 {
			found = s.look(t, i, mask, found)
		}
	}
	t.String = ""
	s.texts.Put(t)
	found = resolve(found)
	if s.kinds == nil || s.kinds[0].allow == nil {
		return found
	}
	return slices.DeleteFunc(found, func(c candidate) bool {
		k := s.kinds[c.rank]
		_, stays := k.allow[k.form(text[c.Start:c.End])]
		return stays
	})
}

// look asks the recognisers of a mask about a place.
func (s *Scrubber) look(t *Text, at int, mask uint64, found []candidate) []candidate {
	for ; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros64(mask)
		if r, ok := s.table[i].Find(t, at); ok && r.Start < r.End {
			found = append(found, candidate{r, len(s.patterns) + i})
		}
	}
	return found
}
