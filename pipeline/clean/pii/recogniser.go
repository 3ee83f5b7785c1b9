package pii

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// Recogniser finds one kind of sensitive data.
type Recogniser struct {
	// Name is its own, Type that of what it finds; several may share a Type.
	Name, Type string
	// Doc says in one line what is found and what proves it.
	Doc string
	// Rank decides between matches of equal length that overlap: the smaller one
	// wins.
	Rank int
	// Starts are the bytes at which Find is called: a letter or a digit only
	// where no ASCII letter, digit or underscore stands before it, any other
	// byte always.
	Starts string
	// Find returns the match that belongs to the byte at this place, if there is
	// one. It may lie around the place; its ends are borders of characters. The
	// work is bounded, whatever the text.
	Find func(t *Text, at int) (sample.Range, bool)
	// Normal maps spellings of one value to one form, so that they get one
	// pseudonym; nil stands for the value itself.
	Normal func(value string) string
	// Samples show what is found, between « and », and what is not.
	Samples Samples
}

// Samples are texts that a Recogniser must and must not find something in.
type Samples struct{ Find, Miss []string }

// entry is a registered recogniser and where that happened.
type entry struct {
	recogniser Recogniser
	where      string
}

// registered is sealed once the package is loaded.
var registered []entry

// register adds a recogniser. It panics on one that is incomplete or whose name
// is taken: faults of this package that its first use shows.
func register(r Recogniser) struct{} {
	_, file, line, _ := runtime.Caller(1)
	where := fmt.Sprintf("%s:%d", file, line)
	if r.Type == "" || r.Doc == "" || r.Starts == "" || r.Find == nil || len(r.Samples.Find) == 0 || len(r.Samples.Miss) == 0 {
		panic("pii: " + where + ": recogniser " + r.Name + " lacks a type, a doc, starts, a function or samples")
	}
	for _, e := range registered {
		if e.recogniser.Name == r.Name {
			panic("pii: two recognisers are named " + r.Name + ": " + e.where + " and " + where)
		}
	}
	registered = append(registered, entry{r, where})
	return struct{}{}
}

// Standard returns the recognisers of this package in the order of their rank.
func Standard() []Recogniser {
	out := make([]Recogniser, len(registered))
	for i, e := range registered {
		out[i] = e.recogniser
	}
	slices.SortFunc(out, func(a, b Recogniser) int {
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// Types returns the types that Standard can find, sorted.
func Types() []string {
	var out []string
	for _, e := range registered {
		out = append(out, e.recogniser.Type)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// letters and digits are the starts of most recognisers.
const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = upper + "abcdefghijklmnopqrstuvwxyz"
)
