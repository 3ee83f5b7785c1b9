package program

import (
	"fmt"
	"strconv"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/emit"
)

// embeddings makes every gradient an output. The part of a gradient that comes
// from a GatherGrad on a parameter is not scattered into a table: the gathered
// rows themselves and their indices become outputs, and the optimizer adds
// them up in a fixed order. A gradient that is a sum is taken apart first.
func (l *lowering) embeddings() error {
	for _, gr := range l.grads {
		if _, rows := split(gr.value); len(rows) > 0 && gr.value.Name == gr.param+suffixGrad {
			gr.value.Name += ".whole" // what is left of it takes the name
		}
	}
	t := emit.New(l.model)
	outputs := make(map[*onnx.Value]bool)
	for _, gr := range l.grads {
		dense, rows := split(gr.value)
		for k, n := range rows {
			if err := l.rows(t, gr.param, k, n); err != nil {
				return err
			}
		}
		if len(dense) == 0 {
			continue
		}
		name := gr.param + suffixGrad
		v := t.Sum(dense...)
		t.Scope("lowered")
		if outputs[v] {
			v = t.Identity(v) // the gradient of two parameters: each needs an output
		}
		d := DenseGrad{Param: gr.param, Output: name}
		if l.opts.Accumulate {
			d.Sum, d.Output = name+".sum", name+".total"
			v = t.Add(t.Input(d.Sum, v.Type.Clone()), v)
		}
		v = t.Output(d.Output, v)
		outputs[v] = true
		l.out.Dense = append(l.out.Dense, d)
	}
	return t.Err()
}

// split takes a gradient apart into dense contributions and GatherGrad nodes
// along axis 0.
func split(v *onnx.Value) (dense []*onnx.Value, rows []*onnx.Node) {
	n := v.Producer
	switch {
	case n != nil && n.Domain == onnx.DomainMicrosoft && n.Op == "GatherGrad" && n.Int("axis", 0) == 0:
		return nil, []*onnx.Node{n}
	case n != nil && n.Domain == onnx.DomainDefault && n.Op == "Identity":
		if _, rows := split(n.Input(0)); len(rows) == 0 {
			return []*onnx.Value{v}, nil
		}
		return split(n.Input(0))
	case n != nil && n.Domain == onnx.DomainDefault && n.Op == "Sum":
		for _, part := range n.Inputs {
			d, r := split(part)
			dense, rows = append(dense, d...), append(rows, r...)
		}
		if len(rows) == 0 {
			return []*onnx.Value{v}, nil
		}
		return dense, rows
	}
	return []*onnx.Value{v}, nil
}

// rows makes the gathered rows and indices of one GatherGrad outputs.
func (l *lowering) rows(t *emit.Tape, param string, k int, n *onnx.Node) error {
	indices, dy := n.Input(1), n.Input(2)
	table := l.model.Graph.Input(param)
	if len(table.Type.Shape) != 2 || !table.Type.Shape[1].Known() {
		return fmt.Errorf("node %q: the gradient of %v by rows needs a table of two dimensions: %w", n.Name, table, ErrLower)
	}
	t.Scope("lowered/" + param)
	suffix := ""
	if k > 0 {
		suffix = "." + strconv.Itoa(k)
	}
	r := RowGrad{Param: param, Rows: param + suffixGrad + ".rows" + suffix}
	rows := t.Reshape(dy, -1, table.Type.Shape[1].Size)
	agree := rowPerIndex(dy.Type.Shape, indices.Type.Shape)
	if !agree {
		l.out.Cut = append(l.out.Cut, param)
	}
	if !agree && !l.opts.Repair {
		count := t.Reshape(t.Op("Size", []*onnx.Value{indices}), 1)
		rows = t.Op("Slice", []*onnx.Value{rows, t.Ints(0), count, t.Ints(0)})
	}
	t.Output(r.Rows, rows)
	if l.model.Graph.Input(indices.Name) == indices && len(indices.Type.Shape) == 1 {
		r.Indices, r.IndicesAreInput = indices.Name, true
	} else {
		r.Indices = param + suffixGrad + ".indices" + suffix
		if indices.Type.DType != onnx.Int64 {
			indices = t.Cast(indices, onnx.Int64)
		}
		if !agree && l.opts.Repair {
			indices = t.Expand(indices, t.Op("Slice", []*onnx.Value{t.Shape(dy), t.Ints(0), t.Ints(-1)}))
		}
		t.Output(r.Indices, t.Reshape(indices, -1))
	}
	l.out.Rows = append(l.out.Rows, r)
	return t.Err()
}

// rowPerIndex reports whether a gradient [.., H] surely has one row for each
// index.
func rowPerIndex(dy, indices onnx.Shape) bool {
	return indices != nil && len(dy) == len(indices)+1 && dy[:len(indices)].Equal(indices)
}
