package wire

import (
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// attr reads an AttributeProto. Subgraphs resolve names in s.
func (d *decoder) attr(m *message, s *scope) onnx.Attr {
	var a onnx.Attr
	// holds is the kind of the value that the fields give: several kinds in one
	// attribute are refused.
	holds := onnx.AttrUndefined
	for m.next() {
		switch m.num {
		case 1:
			a.Name = m.word()
		case 13:
			a.Doc = m.str()
		case 20:
			a.Kind = onnx.AttrKind(m.int())
		case 21:
			a.Ref = m.word()
		default:
			kind := d.attrValue(m, &a, s)
			if kind == onnx.AttrUndefined {
				m.keep(&a.Extra)
				continue
			}
			if holds != onnx.AttrUndefined && holds != kind {
				m.fail("", "attribute %q holds values of two kinds, %d and %d", a.Name, holds, kind)
			}
			holds = kind
		}
	}
	m.start = 0
	switch {
	case a.Name == "":
		m.fail("name", "the attribute has no name")
	case a.Kind == onnx.AttrUndefined && holds == onnx.AttrUndefined:
		m.fail("type", "attribute %q has neither a type nor a value", a.Name)
	case a.Kind == onnx.AttrUndefined:
		a.Kind = holds // as files of IR version 1 left it
	case holds != onnx.AttrUndefined && holds != a.Kind:
		m.fail("type", "attribute %q is of type %d and holds a value of type %d", a.Name, a.Kind, holds)
	}
	return a
}

// attrValue reads the current field as a value and returns its kind, or
// AttrUndefined if the field is not a value.
func (d *decoder) attrValue(m *message, a *onnx.Attr, s *scope) onnx.AttrKind {
	switch m.num {
	case 2:
		a.Float = m.float()
		return onnx.AttrFloat
	case 3:
		a.Int = m.int()
		return onnx.AttrInt
	case 4:
		a.Str = m.str()
		return onnx.AttrString
	case 5:
		a.Tensor = d.tensor(m.one("t"))
		return onnx.AttrTensor
	case 6:
		a.Graph = d.graph(m.one("g"), s)
		return onnx.AttrGraph
	case 7:
		a.Floats = append(a.Floats, floats(m.fixed(4))...)
		return onnx.AttrFloats
	case 8:
		m.ints(&a.Ints)
		return onnx.AttrInts
	case 9:
		a.Strs = append(a.Strs, m.str())
		return onnx.AttrStrings
	case 10:
		a.Tensors = append(a.Tensors, d.tensor(m.sub("tensors", len(a.Tensors))))
		return onnx.AttrTensors
	case 11:
		a.Graphs = append(a.Graphs, d.graph(m.sub("graphs", len(a.Graphs)), s))
		return onnx.AttrGraphs
	case 14:
		t := d.typ(m.one("tp"))
		a.Type = &t
		return onnx.AttrType
	case 15:
		a.Types = append(a.Types, d.typ(m.sub("type_protos", len(a.Types))))
		return onnx.AttrTypes
	case 22:
		a.Sparse = append(a.Sparse, d.sparse(m.one("sparse_tensor")))
		return onnx.AttrSparseTensor
	case 23:
		a.Sparse = append(a.Sparse, d.sparse(m.sub("sparse_tensors", len(a.Sparse))))
		return onnx.AttrSparseTensors
	}
	return onnx.AttrUndefined
}
