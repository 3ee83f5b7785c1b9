package ref

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// function runs the body of a model-local function with the call's inputs in
// place of the formal ones and its attributes bound.
func (x *executor) function(fn *onnx.Function, call *onnx.Node, in []*Tensor) ([]*Tensor, error) {
	if x.depth == maxDepth {
		return nil, fmt.Errorf("node %q: function %s: calls are nested more than %d deep: %w", call.Name, fn.Name, maxDepth, ErrLimit)
	}
	x.depth++
	defer func() { x.depth-- }()
	if len(in) > len(fn.Inputs) {
		return nil, fmt.Errorf("node %q: function %s: %d inputs; at most %d are expected: %w", call.Name, fn.Name, len(in), len(fn.Inputs), ErrInput)
	}
	f := &frame{values: make(map[*onnx.Value]*Tensor), opsets: fn.Opsets}
	for i, v := range fn.Inputs {
		f.values[v] = nil // omitted
		if i < len(in) {
			f.values[v] = in[i]
		}
	}
	for _, n := range fn.Nodes {
		if err := x.node(f, bound(n, fn, call)); err != nil {
			return nil, fmt.Errorf("node %q: in function %s: %w", call.Name, fn.Name, err)
		}
	}
	out := make([]*Tensor, len(fn.Outputs))
	for i, v := range fn.Outputs {
		if out[i] = f.values[v]; out[i] == nil {
			return nil, fmt.Errorf("node %q: function %s does not produce its output %q: %w", call.Name, fn.Name, v.Name, onnx.ErrInvalid)
		}
	}
	return out, nil
}

// bound returns the node of a body with the attributes that refer to the
// function's replaced by their values: the call's, else the defaults. An
// attribute that neither gives is left out.
func bound(n *onnx.Node, fn *onnx.Function, call *onnx.Node) *onnx.Node {
	b := *n
	b.Attrs = nil
	for _, a := range n.Attrs {
		if a.Ref != "" {
			given := attribute(fn, call, a.Ref)
			if given == nil {
				continue
			}
			name := a.Name
			a = *given
			a.Name = name
		}
		b.Attrs = append(b.Attrs, a)
	}
	return &b
}

func attribute(fn *onnx.Function, call *onnx.Node, name string) *onnx.Attr {
	if a := call.Attr(name); a != nil {
		return a
	}
	for i := range fn.Defaults {
		if fn.Defaults[i].Name == name {
			return &fn.Defaults[i]
		}
	}
	return nil
}
