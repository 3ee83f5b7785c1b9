// Package ops holds the operators that change texts by rule, one file per
// operator.
//
// Nouns: every file registers an augment.Spec in an unexported table while the
// package loads; Standard returns that table, read-only. Add operators of your
// own with Table.With.
//
// Path: augment.New(policy, augment.Options{Table: ops.Standard()}).
//
// Errors: a constructor wraps augment.ErrPack or augment.ErrResource. The table
// is immutable and operators keep nothing, so everything here is safe for
// concurrent use.
//
// The package holds small lists of facts (keyboards, contractions, names of
// months); larger ones are resource packs.
package ops

import (
	"fmt"
	"runtime"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// registered is sealed once the package is loaded; places says where each was
// registered.
var (
	registered []augment.Spec
	places     = make(map[string]string)
)

// register adds an operator. It panics if its name is taken, a fault of this
// package that its first use shows.
func register(s augment.Spec) struct{} {
	_, file, line, _ := runtime.Caller(1)
	where := fmt.Sprintf("%s:%d", file, line)
	if old, ok := places[s.Name]; ok {
		panic("ops: two operators are named " + s.Name + ": " + old + " and " + where)
	}
	places[s.Name] = where
	registered = append(registered, s)
	return struct{}{}
}

// Standard returns all operators of this package.
func Standard() augment.Table { return augment.NewTable(registered...) }

// chance draws true with probability p.
func chance(r *random.Stream, p float64) bool {
	return p > 0 && r.Uint32() < random.DropoutThreshold(p)
}

// harms of operators that break sentences.
var (
	breaksGrammar  = augment.Harm{Task: augment.Acceptability, Why: "a sentence that was acceptable may not be so any more"}
	losesMeaning   = augment.Harm{Task: augment.Inference, Why: "what follows from a text changes with the words it loses"}
	losesLikeness  = augment.Harm{Task: augment.Similarity, Why: "the texts of a pair lose words that made them alike"}
	changesMeaning = augment.Harm{Task: augment.Inference, Why: "a changed fact decides what follows from a text"}
	changesFacts   = augment.Harm{Task: augment.Similarity, Why: "a changed fact makes the texts of a pair differ"}
)

// respells are the laws of operators that change the letters of words only.
const respells = augment.Safe | augment.KeepsLabel | augment.KeepsSpans | augment.KeepsWords

// english and all are languages.
var (
	english = []string{"en"}
	all     = []string{"any"}
)
