package augment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
)

// Errors of this package.
var (
	// ErrPolicy is wrapped by faults of a Policy.
	ErrPolicy = errors.New("bad augmentation policy")
	// ErrHarm means that an operator can flip the labels of the task at hand.
	ErrHarm = errors.New("the operator can change what the label says")
	// ErrPack means that an operator's resource pack is not installed.
	ErrPack = errors.New("resource pack is missing")
	// ErrResource is wrapped by errors about what a resource file holds.
	ErrResource = errors.New("malformed resource")
	// ErrAudit means that the input brings an audit of its own.
	ErrAudit = errors.New("the input already has a column audit")
	// ErrTooLong means that a text is longer than the policy's bound.
	ErrTooLong = errors.New("text is too long")
)

// Augmenter finds what to change in one text.
//
// Laws: it draws from r only and keeps nothing, so that equal texts and streams
// give equal edits, on any goroutine; it does not keep t.
type Augmenter interface {
	Augment(t *Text, r *random.Stream)
}

// Func is an Augmenter that is a function.
type Func func(t *Text, r *random.Stream)

// Augment implements Augmenter.
func (f Func) Augment(t *Text, r *random.Stream) { f(t, r) }

// BatchAugmenter changes the rows of a whole batch at once: what a model does is
// affordable only so. It is a second seam beside Augmenter; a Runner calls it
// with the copies that chose it.
type BatchAugmenter interface {
	// AugmentBatch returns as many rows in the same order, and leaves the batch to
	// its owner. draw gives the stream of a row; equal keys give equal streams.
	AugmentBatch(ctx context.Context, b *record.Batch, draw func(i int) *random.Stream) (*record.Batch, error)
}

// Law is a promise of an operator, or several.
type Law uint16

// The laws.
const (
	// KeepsLabel: the label means the same after it.
	KeepsLabel Law = 1 << iota
	// KeepsSpans: words with tags and answer spans cover the same words, or what
	// replaced them, and none is lost.
	KeepsSpans
	// Identity: at rate 0 the text stays as it is.
	Identity
	// ValidUTF8: valid UTF-8 stays valid.
	ValidUTF8
	// Bounded: the text grows at most to four times its length and 64 bytes.
	Bounded
	// NeverEmpty: a text with a word keeps one.
	NeverEmpty
	// KeepsWords: no word is added, removed or moved.
	KeepsWords
)

// Safe are the laws that every operator obeys.
const Safe = Identity | ValidUTF8 | Bounded | NeverEmpty

var lawNames = []string{"keeps label", "keeps spans", "identity at rate 0", "valid UTF-8", "bounded", "never empty", "keeps words"}

// Has reports whether all of the given laws are promised.
func (l Law) Has(want Law) bool { return l&want == want }

// String lists the laws.
func (l Law) String() string {
	var names []string
	for i, name := range lawNames {
		if l&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Task is what the labels say, as far as operators can harm it.
type Task string

// The tasks that operators name as harmed.
const (
	Acceptability Task = "acceptability"
	Sentiment     Task = "sentiment"
	Inference     Task = "inference"
	Similarity    Task = "similarity"
	Tags          Task = "tags"
	Spans         Task = "spans"
	Topic         Task = "topic"
	Intent        Task = "intent"
)

// Tasks returns all tasks.
func Tasks() []Task {
	return []Task{Acceptability, Sentiment, Inference, Similarity, Tags, Spans, Topic, Intent}
}

// Harm says that an operator can flip the labels of a task, and why.
type Harm struct {
	Task Task
	Why  string
}

// Sample is a text for the tables of docs, with settings that show something.
type Sample struct {
	Text   string
	Params map[string]any
}

// Spec describes an operator. Exactly one of New and NewBatch is set.
type Spec struct {
	Name string
	// Doc says in one line what the operator does.
	Doc string
	// Paper is where it comes from; empty if nobody needs to be named.
	Paper  string
	Params []Param
	// Languages are codes such as en and zh; any stands for all.
	Languages []string
	// Packs are resource packs that it needs; a parameter named file stands in
	// for the pack.
	Packs   []string
	Laws    Law
	Harms   []Harm
	Samples []Sample

	New      func(Settings) (Augmenter, error)
	NewBatch func(Settings) (BatchAugmenter, error)
}

// Speaks reports whether an operator works in a language.
func (s Spec) Speaks(language string) bool {
	return slices.Contains(s.Languages, "any") || slices.Contains(s.Languages, language)
}

// Harmed returns why the operator harms a task; empty if it does not.
func (s Spec) Harmed(task Task) string {
	for _, h := range s.Harms {
		if h.Task == task {
			return h.Why
		}
	}
	return ""
}

// Table is a set of operators, sorted by name and never changed.
type Table struct{ specs []Spec }

// NewTable returns a table of specs. It panics if two have one name or one lacks
// what it needs: faults of the program that its first use shows.
func NewTable(specs ...Spec) Table {
	sorted := slices.Clone(specs)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	for i, s := range sorted {
		switch {
		case i > 0 && sorted[i-1].Name == s.Name:
			panic("augment: two operators are named " + s.Name)
		case s.Name == "" || s.Doc == "" || len(s.Samples) == 0 || len(s.Languages) == 0 || (s.New == nil) == (s.NewBatch == nil):
			panic("augment: the operator " + s.Name + " lacks a name, doc, samples, languages or its constructor")
		}
	}
	return Table{sorted}
}

// With returns a table that has further operators.
func (t Table) With(specs ...Spec) Table { return NewTable(append(slices.Clone(t.specs), specs...)...) }

// Specs returns the operators by name.
func (t Table) Specs() []Spec { return slices.Clone(t.specs) }

// Names returns their names.
func (t Table) Names() []string {
	names := make([]string, len(t.specs))
	for i, s := range t.specs {
		names[i] = s.Name
	}
	return names
}

// Lookup finds an operator. The error of an unknown one names the nearest.
func (t Table) Lookup(name string) (Spec, error) {
	i, ok := slices.BinarySearchFunc(t.specs, name, func(s Spec, name string) int { return strings.Compare(s.Name, name) })
	if !ok {
		return Spec{}, fmt.Errorf("augment: there is no operator %s; did you mean %s?: %w", name, nearest(name, t.Names()), ErrPolicy)
	}
	return t.specs[i], nil
}
