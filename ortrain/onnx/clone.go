package onnx

import (
	"maps"
	"slices"
)

// Clone returns a deep copy of the model. Only the content of tensors (Raw,
// Strings), the Extra bytes and the entries of metadata are shared; nobody may
// change those in place.
func (m *Model) Clone() *Model {
	c := cloner{}
	out := *m
	out.Opsets = maps.Clone(m.Opsets)
	out.Metadata = slices.Clone(m.Metadata)
	out.Graph = c.graph(m.Graph)
	out.Functions = each(m.Functions, c.function)
	return &out
}

// Clone returns a deep copy of the graph, as Model.Clone does. Values of graphs
// around it are not copied.
func (g *Graph) Clone() *Graph {
	c := cloner{}
	for _, v := range g.free() {
		c[v] = v
	}
	return c.graph(g)
}

// cloner maps values to their copies.
type cloner map[*Value]*Value

// each copies a list, keeping nil nil.
func each[T any](list []T, copyOf func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, x := range list {
		out[i] = copyOf(x)
	}
	return out
}

// value copies v once. Its producer is set when that is copied.
func (c cloner) value(v *Value) *Value {
	if v == nil {
		return nil
	}
	if old, ok := c[v]; ok {
		return old
	}
	out := *v
	out.Type = v.Type.Clone()
	out.Producer = nil
	out.Init = v.Init.Clone()
	out.Sparse = v.Sparse.clone()
	out.Metadata = slices.Clone(v.Metadata)
	c[v] = &out
	return &out
}

func (c cloner) graph(g *Graph) *Graph {
	if g == nil {
		return nil
	}
	out := *g
	out.Inputs = each(g.Inputs, c.value)
	out.Initializers = each(g.Initializers, c.value)
	out.Sparse = each(g.Sparse, c.value)
	out.Nodes = each(g.Nodes, c.node)
	out.Outputs = each(g.Outputs, c.value)
	out.Metadata = slices.Clone(g.Metadata)
	return &out
}

func (c cloner) node(n *Node) *Node {
	if n == nil {
		return nil
	}
	out := *n
	out.Inputs = each(n.Inputs, c.value)
	out.Attrs = each(n.Attrs, c.attr)
	out.Outputs = each(n.Outputs, c.value)
	for _, v := range out.Outputs {
		if v != nil {
			v.Producer = &out
		}
	}
	out.Metadata = slices.Clone(n.Metadata)
	return &out
}

func (c cloner) attr(a Attr) Attr {
	a.Tensor = a.Tensor.Clone()
	a.Graph = c.graph(a.Graph)
	a.Floats = slices.Clone(a.Floats)
	a.Ints = slices.Clone(a.Ints)
	a.Strs = slices.Clone(a.Strs)
	a.Tensors = each(a.Tensors, (*Tensor).Clone)
	a.Graphs = each(a.Graphs, c.graph)
	if a.Type != nil {
		t := a.Type.Clone()
		a.Type = &t
	}
	a.Types = each(a.Types, Type.Clone)
	a.Sparse = each(a.Sparse, (*SparseTensor).clone)
	return a
}

func (c cloner) function(f *Function) *Function {
	if f == nil {
		return nil
	}
	out := *f
	out.Inputs = each(f.Inputs, c.value)
	out.Attrs = slices.Clone(f.Attrs)
	out.Defaults = each(f.Defaults, c.attr)
	out.Nodes = each(f.Nodes, c.node)
	out.Outputs = each(f.Outputs, c.value)
	out.Opsets = maps.Clone(f.Opsets)
	out.Info = each(f.Info, c.value)
	out.Metadata = slices.Clone(f.Metadata)
	return &out
}

// Clone returns a copy of the function that shares no value with it.
func (f *Function) Clone() *Function { return cloner{}.function(f) }

// Clone returns a copy that shares the content with t; nil for nil.
func (t *Tensor) Clone() *Tensor {
	if t == nil {
		return nil
	}
	out := *t
	out.Dims = slices.Clone(t.Dims)
	out.Metadata = slices.Clone(t.Metadata)
	if t.External != nil {
		e := *t.External
		e.Other = slices.Clone(e.Other)
		out.External = &e
	}
	return &out
}

func (sp *SparseTensor) clone() *SparseTensor {
	if sp == nil {
		return nil
	}
	return &SparseTensor{Values: sp.Values.Clone(), Indices: sp.Indices.Clone(), Dims: slices.Clone(sp.Dims)}
}

// Clone returns a deep copy.
func (t Type) Clone() Type {
	t.Shape = t.Shape.Clone()
	t.DimDenotations = slices.Clone(t.DimDenotations)
	if t.Elem != nil {
		elem := t.Elem.Clone()
		t.Elem = &elem
	}
	return t
}
