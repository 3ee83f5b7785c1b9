package autodiff

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Errors that callers branch on.
var (
	// ErrNoRule is wrapped by NoRuleError.
	ErrNoRule = errors.New("no gradient rule")
	// ErrNotDifferentiable means that a rule refuses a node as it stands.
	ErrNotDifferentiable = errors.New("not differentiable")
	// ErrUnreachable means that the loss does not depend on any wanted value.
	ErrUnreachable = errors.New("the loss does not depend on the wanted values")
)

// NoRuleError lists every operator on the way from the wanted values to the
// loss that has no rule. Extract it with errors.As:
//
//	var missing *autodiff.NoRuleError
//	if errors.As(err, &missing) { for _, m := range missing.Missing { … } }
type NoRuleError struct{ Missing []Missing }

// Missing is one node without a rule.
type Missing struct {
	Node, Domain, Op string
	Opset            int64
	// Path names the nodes from this one to the loss.
	Path []string
	// Hint says which opsets have a rule, if any have.
	Hint string
}

// Unwrap makes errors.Is(err, ErrNoRule) true.
func (e *NoRuleError) Unwrap() error { return ErrNoRule }

// Error lists the operators, one a line.
func (e *NoRuleError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "autodiff: %v for %d of the nodes between the wanted values and the loss; add a rule with Table.With, or freeze what lies before them:", ErrNoRule, len(e.Missing))
	for _, m := range e.Missing {
		fmt.Fprintf(&s, "\n\tnode %q: %s, opset %d", m.Node, qualified(m.Domain, m.Op), m.Opset)
		if m.Hint != "" {
			fmt.Fprintf(&s, " (%s)", m.Hint)
		}
		fmt.Fprintf(&s, "; path to the loss: %s", shorten(m.Path))
	}
	return s.String()
}

// shorten writes a path with at most a few nodes at either end.
func shorten(path []string) string {
	const ends = 3
	if n := len(path) - 2*ends; n > 1 {
		path = append(append(path[:ends:ends], fmt.Sprintf("… %d more …", n)), path[len(path)-ends:]...)
	}
	return strings.Join(path, " → ")
}

// RuleError is a fault in what a rule did at a node.
type RuleError struct {
	Node, Op string
	Opset    int64
	Err      error
}

// Error names the node and the fault.
func (e *RuleError) Error() string {
	return fmt.Sprintf("autodiff: node %q: gradient of %s, opset %d: %v", e.Node, e.Op, e.Opset, e.Err)
}

// Unwrap returns the fault.
func (e *RuleError) Unwrap() error { return e.Err }

func qualified(domain, op string) string {
	if domain == onnx.DomainDefault {
		return op
	}
	return domain + "." + op
}

// label is the name of a node, or of its first output if it has none.
func label(n *onnx.Node) string {
	if n.Name == "" && n.Output(0) != nil {
		return n.Output(0).Name
	}
	return n.Name
}
