// Package rules holds the gradients of the operators that text encoders are
// made of, one file per operator.
//
// Nouns: every file registers autodiff.Rule values in an unexported table while
// the package loads; Standard returns that table, read-only. Add rules of your
// own with Table.With.
//
// Path: autodiff.Build(model, rules.Standard(), options).
//
// Where ONNX Runtime's own gradient builder emits one of its training operators
// (com.microsoft GeluGrad, LayerNormalizationGrad, …), so do these rules, since
// a training build has a kernel for it and package trainop a body for the
// others; elsewhere they emit plain ONNX. Attributes with a default are written
// out, because a function body cannot tell that one is missing.
//
// Errors: a rule refuses with autodiff.ErrNotDifferentiable. The table is
// immutable, so everything here is safe for concurrent use.
//
// In formulas y is the output, dy the gradient that arrives at it, dx the one
// of input x; · is the elementwise product, @ the matrix product, Σ a sum over
// the axes in question.
package rules

import (
	"fmt"
	"runtime"

	"github.com/ortrain/ortrain/ortrain/autodiff"
)

// entry is a registered rule and where that happened.
type entry struct {
	rule  autodiff.Rule
	where string
}

// registered is sealed once the package is loaded.
var registered []entry

// register adds a rule. It panics on one that overlaps another, has no samples
// or no formula: faults of this package that its first use shows.
func register(r autodiff.Rule) struct{} {
	_, file, line, _ := runtime.Caller(1)
	where := fmt.Sprintf("%s:%d", file, line)
	if len(r.Samples) == 0 || r.VJP == nil || r.Doc == "" {
		panic("rules: " + where + ": the rule of " + r.Op + " lacks samples, a formula or a VJP")
	}
	for _, e := range registered {
		o := e.rule
		apart := o.Until != 0 && o.Until < r.Since || r.Until != 0 && r.Until < o.Since
		if o.Domain == r.Domain && o.Op == r.Op && !apart {
			panic("rules: two rules for " + r.Op + ": " + e.where + " and " + where)
		}
	}
	registered = append(registered, entry{r, where})
	return struct{}{}
}

// Standard returns all rules of this package.
func Standard() autodiff.Table {
	var t autodiff.Table
	for _, e := range registered {
		t = t.With(e.rule)
	}
	return t
}
