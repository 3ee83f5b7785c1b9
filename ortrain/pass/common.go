package pass

import (
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// CommonSubexpressions makes nodes that compute the same thing share one node:
// equal operator, attributes and inputs. Operators that draw random numbers
// are left alone.
var CommonSubexpressions = Pass{
	Name:  "common_subexpressions",
	Doc:   "No two nodes compute the same value.",
	Apply: shareNodes,
}

// random lists the operators whose two calls differ.
var random = map[string]bool{
	"Dropout": true, "RandomUniform": true, "RandomUniformLike": true,
	"RandomNormal": true, "RandomNormalLike": true, "Bernoulli": true, "Multinomial": true,
}

func shareNodes(m *onnx.Model) error {
	seen := make(map[string]*onnx.Node)
	outputs := make(map[*onnx.Value]bool)
	for _, v := range m.Graph.Outputs {
		outputs[v] = true
	}
	return Rewrite(m, func(_ *emit.Tape, n *onnx.Node) ([]*onnx.Value, error) {
		id, ok := identity(n)
		if !ok || anyLive(n.Outputs, outputs) {
			return nil, nil
		}
		first, twice := seen[id]
		if !twice {
			seen[id] = n
			return nil, nil
		}
		return first.Outputs, nil
	})
}

// identity describes what a node computes; ok is false for nodes that must not
// be shared.
func identity(n *onnx.Node) (id string, ok bool) {
	if random[n.Op] {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s|%s|%d", n.Domain, n.Op, n.Overload, len(n.Outputs))
	for _, v := range n.Inputs {
		fmt.Fprintf(&b, "|%p", v)
	}
	for _, a := range n.Attrs {
		if a.Graph != nil || len(a.Graphs) > 0 || len(a.Sparse) > 0 {
			return "", false
		}
		fmt.Fprintf(&b, "|%s=%d:%v:%v:%q:%v:%v:%q", a.Name, a.Kind, a.Float, a.Int, a.Str, a.Floats, a.Ints, a.Strs)
		if t := a.Tensor; t != nil {
			fmt.Fprintf(&b, ":%s%v:%x:%q", t.DType, t.Dims, t.Raw, t.Strings)
		}
	}
	return b.String(), true
}
