// Package clean removes from texts what only disturbs, and from data sets the
// rows that only repeat.
//
// Nouns: a Step is a named kind of cleaning in a sealed Table, one file each;
// its New compiles parameters into an Op, which edits texts, keeps or drops
// single rows, or judges rows by those that came before. A Recipe is an ordered
// list of steps with their parameters, written in YAML or taken from Preset; a
// Cleaner is a compiled recipe; a Report is what it did. Path: Preset or
// ParseRecipe → New → Stage between a source and whatever reads it → Report.
//
// Edits go through package edit, so the words of tags and the spans of answers
// follow the text. Stage gives the same rows for any number of workers: texts
// are edited and hashed by workers, rows are judged in order.
//
// Errors wrap ErrRecipe. Concurrency: a Cleaner may be shared; a Stage obeys
// the laws of package pipeline. The package reads no files but those that a
// recipe names, and keeps no text beyond the samples of its report.
package clean

import (
	"errors"

	"github.com/ortrain/ortrain/pipeline/edit"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// ErrRecipe is wrapped by errors about unknown steps and wrong parameters.
var ErrRecipe = errors.New("wrong cleaning recipe")

// Input is one text that a step looks at.
type Input struct {
	// Row and Copy are those of the example; Pair says that Text is its Pair.
	Row  uint64
	Copy uint16
	Pair bool
	// Text is valid UTF-8.
	Text string
}

// Op is a compiled step: exactly one of its functions is set. Its functions keep nothing
// between calls and are called from many goroutines, those of Judge excepted.
type Op struct {
	// Edit appends to list what to change of the text: ascending, without
	// overlap, cut between characters, and valid UTF-8.
	Edit func(list edit.List, in Input) edit.List
	// Needs, unless empty, lists bytes of which a text that Edit changes has at
	// least one, so that other texts need not be looked at. One digit stands for
	// all, so do one capital, one small letter, one control character, one blank,
	// and Beyond for every character beyond ASCII.
	Needs string
	// Keep says whether a row stays, whatever other rows there are.
	Keep func(ex *sample.Example) bool
	// Order judges a row by the rows before it.
	Order *Order
}

// Order is an Op that remembers.
type Order struct {
	// Key appends to dst what Judge needs to know of a row.
	Key func(dst []byte, ex *sample.Example) []byte
	// Judge starts a new memory and returns what says whether a row stays. It
	// sees the rows that nothing else dropped, in order; it must clone what it
	// keeps of a key.
	Judge func() func(key string) bool
}
