package autodiff

import (
	"cmp"
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// Rule is the gradient of one operator over a range of opsets.
type Rule struct {
	Domain, Op string
	// Since and Until are the first and last opset of the domain that the rule
	// is right for; Until 0 leaves the range open.
	Since, Until int64
	// Doc is the formula, in the operator's own names.
	Doc string
	// Source says where the formula or the emitted operator comes from.
	Source string
	// Broadcasts says that inputs may be stretched to the shape of the output,
	// so that a gradient may come out larger than its input. The driver then
	// sums it, at run time where sizes cannot be compared before.
	Broadcasts bool
	// Stops lists inputs that carry no gradient although they hold floats, such
	// as Dropout's ratio. Inputs of other element types never carry one.
	Stops []int
	// VJP appends the vector-Jacobian product of n to the tape. dy holds the
	// gradient of each output, nil where none arrived; need says for each input
	// whether its gradient is wanted. It returns one value per input of n; nil
	// means that n is constant in that input. What cannot be differentiated is
	// refused with Tape.Fail and ErrNotDifferentiable.
	VJP func(t *emit.Tape, n *onnx.Node, dy []*onnx.Value, need []bool) []*onnx.Value
	// Samples are the graphs on which the rule is checked (see gradtest).
	Samples []Sample
}

// covers reports whether the rule is for this operator.
func (r *Rule) covers(domain, op string, opset int64) bool {
	return r.Domain == domain && r.Op == op && r.Since <= opset && (r.Until == 0 || opset <= r.Until)
}

// Sample is a small graph on which a rule is checked.
type Sample struct {
	Name   string
	Inputs []Input
	// Make appends the operator to the tape and returns the values whose
	// gradients are checked. in has the element type of the check, float or
	// double, where Input holds floats.
	Make func(t *emit.Tape, in []*onnx.Value) []*onnx.Value
	// Since and Until narrow the rule's range of default-domain opsets; 0 leaves
	// it as it is.
	Since, Until int64
	// Static says that the rule needs to know sizes while the graph is built.
	Static bool
	// Tolerance bounds the relative error of a directional derivative; 0 takes
	// the checker's.
	Tolerance float64
}

// Input is one input of a Sample: floats drawn uniformly, or fixed integers.
type Input struct {
	Sizes []int64
	// Low and High bound the random floats.
	Low, High float64
	// Gap keeps the random floats that far from 0, for functions with a kink.
	Gap float64
	// Ints, Bools or Floats fix the content instead.
	Ints   []int64
	Bools  []bool
	Floats []float64
	// DType is the type of Ints: int64 (the default) or int32.
	DType onnx.DType
	// Const makes the input an initializer whose gradient is not checked.
	Const bool
}

// Table is a read-only set of rules. The zero Table is empty.
type Table struct{ rules []Rule }

// With returns a table in which extra comes before the rules of t.
func (t Table) With(extra ...Rule) Table {
	return Table{rules: append(slices.Clone(t.rules), extra...)}
}

// Lookup returns the rule of an operator at an opset of its domain. Of several
// the last added wins.
func (t Table) Lookup(domain, op string, opset int64) (*Rule, bool) {
	for i := len(t.rules) - 1; i >= 0; i-- {
		if t.rules[i].covers(domain, op, opset) {
			return &t.rules[i], true
		}
	}
	return nil, false
}

// All returns the rules ordered by domain, operator and opset.
func (t Table) All() []Rule {
	all := slices.Clone(t.rules)
	slices.SortStableFunc(all, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Since, b.Since))
	})
	return all
}

// other returns a rule for the operator at another opset, if there is one.
func (t Table) other(domain, op string) (*Rule, bool) {
	for i := range t.rules {
		if t.rules[i].Domain == domain && t.rules[i].Op == op {
			return &t.rules[i], true
		}
	}
	return nil, false
}
