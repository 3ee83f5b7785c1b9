package infer

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// call returns a rule that infers a node through the body of the model-local
// function that it calls.
func (in *Inferrer) call(n *onnx.Node) (Func, bool) {
	for _, f := range in.functions {
		if f.Domain == n.Domain && f.Name == n.Op && f.Overload == n.Overload {
			return func(c *Context) error { return in.body(f, c) }, true
		}
	}
	return nil, false
}

// body infers a copy of the function's nodes with the call's inputs and
// attributes in place of the formal ones.
func (in *Inferrer) body(f *onnx.Function, c *Context) error {
	inner := New(f.Opsets, in.functions)
	actual := make(map[*onnx.Value]*onnx.Value)
	for i, formal := range f.Inputs {
		v := c.Node.Input(i)
		actual[formal] = v
		if d := in.Data(v); d != nil {
			inner.data[v] = d
		}
	}
	for _, n := range f.Nodes {
		bound := bind(n, f, c.Node, actual)
		if err := inner.Node(bound); err != nil {
			return fmt.Errorf("in function %s: %w", f.Name, err)
		}
	}
	for i, formal := range f.Outputs {
		v := actual[formal]
		if v == nil {
			return fmt.Errorf("function %s does not produce its output %q: %w", f.Name, formal.Name, onnx.ErrInvalid)
		}
		c.SetTensor(i, v.Type.DType, v.Type.Shape)
		c.SetData(i, inner.Data(v))
	}
	return nil
}

// bind copies a body node for one call.
func bind(n *onnx.Node, f *onnx.Function, call *onnx.Node, actual map[*onnx.Value]*onnx.Value) *onnx.Node {
	out := &onnx.Node{Op: n.Op, Domain: n.Domain, Overload: n.Overload, Name: n.Name}
	for _, v := range n.Inputs {
		out.Inputs = append(out.Inputs, actual[v])
	}
	for _, v := range n.Outputs {
		if v == nil {
			out.Outputs = append(out.Outputs, nil)
			continue
		}
		fresh := &onnx.Value{Name: v.Name, Type: v.Type, Producer: out}
		actual[v] = fresh
		out.Outputs = append(out.Outputs, fresh)
	}
	for _, a := range n.Attrs {
		if a.Ref == "" {
			out.Attrs = append(out.Attrs, a)
			continue
		}
		if given := lookup(f, call, a.Ref); given != nil {
			b := *given
			b.Name = a.Name
			out.Attrs = append(out.Attrs, b)
		}
	}
	return out
}

// lookup returns the attribute that a call passes, or the function's default.
func lookup(f *onnx.Function, call *onnx.Node, name string) *onnx.Attr {
	if a := call.Attr(name); a != nil {
		return a
	}
	for i := range f.Defaults {
		if f.Defaults[i].Name == name {
			return &f.Defaults[i]
		}
	}
	return nil
}
