package pii

import (
	"maps"
	"slices"
	"strconv"
	"sync"
)

// Counts says how many matches of each type there are.
type Counts map[string]int

// String lists the types in order: "CARD 1, EMAIL 2".
func (c Counts) String() string {
	var out []byte
	for i, t := range sortedKeys(c) {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = strconv.AppendInt(append(append(out, t...), ' '), int64(c[t]), 10)
	}
	return string(out)
}

// Add adds other counts.
func (c Counts) Add(more Counts) {
	for t, n := range more {
		c[t] += n
	}
}

// Total is the sum over the types.
func (c Counts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// Audit says what was found in which rows. It holds no values.
type Audit struct {
	// Rows is how many examples were searched, Found in how many there was
	// something.
	Rows  int64 `json:"rows"`
	Found int64 `json:"rows_with_findings"`
	// Matches are the matches by type, over all rows.
	Matches Counts `json:"matches"`
	// Groups are the rows by what was found in them, the most frequent kind first.
	Groups []AuditGroup `json:"groups"`
}

// AuditGroup is the rows with equal findings.
type AuditGroup struct {
	// Matches are the matches by type in each of the rows.
	Matches Counts `json:"matches"`
	// Rows are row ids, ascending.
	Rows []uint64 `json:"row_ids"`
}

// audit collects an Audit from several goroutines.
type audit struct {
	mu     sync.Mutex
	rows   int64
	groups map[string]*AuditGroup
}

// finding is what one row held.
type finding struct {
	row    uint64
	counts Counts
}

// add enters searched rows and what was found in some of them.
func (a *audit) add(rows int, found []finding) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows += int64(rows)
	if a.groups == nil {
		a.groups = make(map[string]*AuditGroup)
	}
	for _, f := range found {
		name := f.counts.String()
		g := a.groups[name]
		if g == nil {
			g = &AuditGroup{Matches: maps.Clone(f.counts)}
			a.groups[name] = g
		}
		g.Rows = append(g.Rows, f.row)
	}
}

// Audit returns what Scrub and Rows have met so far. It does not depend on the
// order in which they were called.
func (s *Scrubber) Audit() Audit {
	a := &s.audit
	a.mu.Lock()
	defer a.mu.Unlock()
	out := Audit{Rows: a.rows, Matches: make(Counts)}
	for _, name := range sortedKeys(a.groups) {
		g := a.groups[name]
		rows := slices.Clone(g.Rows)
		slices.Sort(rows)
		out.Groups = append(out.Groups, AuditGroup{Matches: maps.Clone(g.Matches), Rows: rows})
		out.Found += int64(len(rows))
		for t, n := range g.Matches {
			out.Matches[t] += n * len(rows)
		}
	}
	slices.SortStableFunc(out.Groups, func(x, y AuditGroup) int { return len(y.Rows) - len(x.Rows) })
	return out
}
