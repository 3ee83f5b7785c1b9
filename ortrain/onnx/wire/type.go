package wire

import (
	"slices"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// typ reads a TypeProto.
func (d *decoder) typ(m *message) (t onnx.Type) {
	defer d.leave()
	if !d.enter(m) {
		return t
	}
	kinds := 0
	for m.next() {
		kinds++
		switch m.num {
		case 1:
			d.tensorType(m.one("tensor_type"), &t, onnx.TensorKind)
		case 4:
			d.nestedType(m.one("sequence_type"), &t, onnx.SequenceKind)
		case 5:
			d.nestedType(m.one("map_type"), &t, onnx.MapKind)
		case 6:
			kinds--
			t.Denotation = m.word()
		case 8:
			d.tensorType(m.one("sparse_tensor_type"), &t, onnx.SparseTensorKind)
		case 9:
			d.nestedType(m.one("optional_type"), &t, onnx.OptionalKind)
		default: // 7 is opaque_type
			m.keep(&t.Extra)
		}
	}
	if kinds > 1 {
		m.fail("", "the type is of several kinds; one is expected")
	}
	return t
}

func (d *decoder) tensorType(m *message, t *onnx.Type, kind onnx.TypeKind) {
	t.Kind = kind
	for m.next() {
		switch m.num {
		case 1:
			t.DType = d.dtype(m)
		case 2:
			t.Shape, t.DimDenotations = d.shape(m.one("shape"))
		default:
			m.unknown()
		}
	}
}

// dtype reads the current field as an element type; 0 means not known.
func (d *decoder) dtype(m *message) onnx.DType {
	v := m.int()
	if t := onnx.DType(v); v == 0 || int64(t) == v && t.Valid() {
		return t
	}
	m.fail("", "element type %d is not known", v)
	return onnx.Undefined
}

// nestedType reads the types made of an element type (field 1, or for a map a
// key type and the value type in field 2).
func (d *decoder) nestedType(m *message, t *onnx.Type, kind onnx.TypeKind) {
	t.Kind = kind
	elem := 1
	if kind == onnx.MapKind {
		elem = 2
	}
	for m.next() {
		switch {
		case int(m.num) == elem:
			e := d.typ(m.one("elem_type"))
			t.Elem = &e
		case m.num == 1:
			t.DType = d.dtype(m)
		default:
			m.unknown()
		}
	}
}

// shape reads a TensorShapeProto and the denotations of its dimensions, nil if
// there are none.
func (d *decoder) shape(m *message) (onnx.Shape, []string) {
	s := onnx.Shape{}
	var denotations []string
	for m.next() {
		if m.num != 1 {
			m.unknown()
			continue
		}
		dim, denotation := d.dim(m.sub("dim", len(s)))
		s = append(s, dim)
		if denotation != "" {
			denotations = append(denotations, slices.Repeat([]string{""}, len(s)-1-len(denotations))...)
			denotations = append(denotations, denotation)
		}
	}
	if denotations != nil {
		denotations = append(denotations, slices.Repeat([]string{""}, len(s)-len(denotations))...)
	}
	return s, denotations
}

// dim reads a dimension. A negative size, which some exporters write, says as
// little as none.
func (d *decoder) dim(m *message) (onnx.Dim, string) {
	dim, denotation := onnx.AnyDim, ""
	for m.next() {
		switch m.num {
		case 1:
			dim = onnx.Dim{Size: max(m.int(), -1)}
		case 2:
			dim = onnx.Symbol(m.word())
		case 3:
			denotation = m.word()
		default:
			m.unknown()
		}
	}
	return dim, denotation
}
