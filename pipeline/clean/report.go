package clean

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Report says what a Cleaner has done so far.
type Report struct {
	// Rows came in, Kept went out.
	Rows int64 `json:"rows"`
	Kept int64 `json:"kept"`
	// Steps are the counts in the order of the recipe.
	Steps []StepReport `json:"steps"`
}

// StepReport is what one step has done.
type StepReport struct {
	// Use is the step and its parameters.
	Use Use `json:"step"`
	// Changed and Dropped count rows.
	Changed int64 `json:"rows_changed"`
	Dropped int64 `json:"rows_dropped"`
	// Removed counts characters that went, Added those that came.
	Removed int64 `json:"characters_removed"`
	Added   int64 `json:"characters_added"`
	// Samples are the first rows, in the order of the data, that the step
	// changed or dropped, cut to a readable length.
	Samples []Sample `json:"samples,omitempty"`
}

// Sample is a row before and after a step. A dropped row has no After.
type Sample struct {
	Row    uint64 `json:"row"`
	Copy   uint16 `json:"copy,omitempty"`
	Before string `json:"before"`
	After  string `json:"after,omitempty"`
}

// MarshalJSON writes a name, or a name with parameters, as in YAML.
func (u Use) MarshalJSON() ([]byte, error) { return json.Marshal(u.plain()) }

// UnmarshalJSON reads what MarshalJSON wrote: JSON is YAML too.
func (u *Use) UnmarshalJSON(data []byte) error { return yaml.Unmarshal(data, u) }

// sampleLength bounds the texts of a sample. Units: bytes.
const sampleLength = 300

// counter counts one step. It is safe for concurrent use.
type counter struct {
	changed, dropped, removed, added atomic.Int64

	want    int // samples
	full    atomic.Bool
	highest atomic.Uint64 // row of the last sample, once full
	mu      sync.Mutex
	samples []Sample
}

func (c *counter) add(t tally) {
	c.changed.Add(t.changed)
	c.dropped.Add(t.dropped)
	c.removed.Add(t.removed)
	c.added.Add(t.added)
}

// wants reports whether a row could be a sample: the lowest rows are, so the
// samples do not depend on which worker comes first.
func (c *counter) wants(row uint64) bool {
	return c.want > 0 && (!c.full.Load() || row <= c.highest.Load())
}

// sample offers a sample.
func (c *counter) sample(row uint64, copies uint16, before, after string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Sample{Row: row, Copy: copies, Before: excerpt(before), After: excerpt(after)}
	at, _ := slices.BinarySearchFunc(c.samples, s, func(a, b Sample) int {
		// A pair's samples have equal keys; they sort by their texts.
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Copy, b.Copy), cmp.Compare(a.Before, b.Before))
	})
	c.samples = slices.Insert(c.samples, at, s)
	c.samples = c.samples[:min(len(c.samples), c.want)]
	if len(c.samples) == c.want {
		c.highest.Store(c.samples[c.want-1].Row)
		c.full.Store(true)
	}
}

// excerpt copies the beginning of a text, cut between characters.
func excerpt(text string) string {
	if len(text) > sampleLength {
		cut := sampleLength
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		return text[:cut] + "…"
	}
	// The text may lie in memory that is freed with its batch.
	return string([]byte(text))
}

func (c *counter) report(use Use) StepReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return StepReport{
		Use: use, Changed: c.changed.Load(), Dropped: c.dropped.Load(),
		Removed: c.removed.Load(), Added: c.added.Load(), Samples: slices.Clone(c.samples),
	}
}
