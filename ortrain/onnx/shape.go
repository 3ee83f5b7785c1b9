package onnx

import (
	"slices"
	"strconv"
	"strings"
)

// Dim is one dimension: a size, a symbol, or neither. Two dimensions are known
// to be equal if both are sizes and equal, or both carry the same symbol.
type Dim struct {
	// Size is the number of elements, or -1 when it is not known.
	Size int64
	// Param is the symbol of an unknown size, "" when there is none.
	Param string
}

// Fixed returns the dimension of a known size.
func Fixed(n int64) Dim { return Dim{Size: n} }

// Symbol returns the dimension named name.
func Symbol(name string) Dim { return Dim{Size: -1, Param: name} }

// AnyDim is the dimension that nothing is known of.
var AnyDim = Dim{Size: -1}

// Known reports whether the size is known.
func (d Dim) Known() bool { return d.Size >= 0 }

// Equal reports whether d and e are certainly the same size.
func (d Dim) Equal(e Dim) bool {
	if d.Known() || e.Known() {
		return d.Size == e.Size
	}
	return d.Param != "" && d.Param == e.Param
}

// String returns the size, the symbol, or "?".
func (d Dim) String() string {
	switch {
	case d.Known():
		return strconv.FormatInt(d.Size, 10)
	case d.Param != "":
		return d.Param
	}
	return "?"
}

// Shape is a list of dimensions. A nil Shape means that even the rank is
// unknown; a scalar has the empty, non-nil Shape.
type Shape []Dim

// NewShape returns a shape of known sizes; without arguments, a scalar's.
func NewShape(sizes ...int64) Shape {
	s := make(Shape, len(sizes))
	for i, n := range sizes {
		s[i] = Fixed(n)
	}
	return s
}

// Known reports whether rank and all sizes are known.
func (s Shape) Known() bool {
	return s != nil && !slices.ContainsFunc(s, func(d Dim) bool { return !d.Known() })
}

// Sizes returns the sizes of a shape; unknown ones are -1.
func (s Shape) Sizes() []int64 {
	sizes := make([]int64, len(s))
	for i, d := range s {
		sizes[i] = d.Size
	}
	return sizes
}

// Equal reports whether both shapes are known to be the same.
func (s Shape) Equal(t Shape) bool {
	return s != nil && t != nil && slices.EqualFunc(s, t, Dim.Equal)
}

// Clone returns a copy that keeps nil nil and empty empty.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// String returns the dimensions in brackets, such as "[T,384]", "[]" for a scalar
// and "" for an unknown rank. ONNX text syntax, which Print writes, has the
// last two the other way round.
func (s Shape) String() string {
	if s == nil {
		return ""
	}
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// TypeKind says what kind of value a Type describes.
type TypeKind uint8

// The kinds of value in ONNX.
const (
	NoType TypeKind = iota
	TensorKind
	SparseTensorKind
	SequenceKind
	MapKind
	OptionalKind
)

// Type is the static type of a value. The zero Type is "unknown".
type Type struct {
	Kind TypeKind
	// DType and Shape describe tensors. DType is the key type of a map.
	DType DType
	Shape Shape
	// Elem is the element type of a sequence or an optional, or a map's value
	// type.
	Elem *Type
	// Denotation is a semantic tag; ortrain keeps it and does not read it.
	Denotation string
	// DimDenotations holds the tags of the dimensions, nil when there are none.
	DimDenotations []string
	// Extra holds a type of another kind as the codec found it.
	Extra []byte
}

// TensorOf returns a tensor type. A nil shape leaves the rank open.
func TensorOf(d DType, shape Shape) Type {
	return Type{Kind: TensorKind, DType: d, Shape: shape}
}

// String returns the type for people, such as "float[T,384]"; dimensions are
// written as Shape.String does.
func (t Type) String() string {
	switch t.Kind {
	case TensorKind:
		return t.DType.String() + t.Shape.String()
	case SparseTensorKind:
		return "sparse_tensor(" + t.DType.String() + t.Shape.String() + ")"
	case SequenceKind:
		return "seq(" + t.elem() + ")"
	case OptionalKind:
		return "optional(" + t.elem() + ")"
	case MapKind:
		return "map(" + t.DType.String() + "," + t.elem() + ")"
	}
	return ""
}

func (t Type) elem() string {
	if t.Elem == nil {
		return ""
	}
	return t.Elem.String()
}
